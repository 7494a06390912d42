import { describe, expect, it } from '@jest/globals';
import { withLogSink } from '../../telemetry/index.ts';
import type { RowGroup } from './decide.ts';
import { maintainColumnstore } from './maintain.ts';
import { type ColumnstoreRepository, toRowGroup } from './repository.ts';

/** Rows as `mcms.ListHistoryRowGroups` and the driver give them. */
const ROW = {
  tableName: 'HistoryEntry',
  rowGroupId: 0,
  state: 'COMPRESSED',
  totalRows: '1048576',
  deletedRows: '0',
  sizeBytes: 21_430_272,
  trimReason: 'RESIDUAL_ROW_GROUP',
  transition: 'INDEX_BUILD',
  ageMinutes: 1440,
  closedMinutes: 1440,
  encoding: 1,
  firstChange: '811512315904000000',
  lastChange: '811512999999999999',
  onlineRebuild: 1,
} as const;

function repositoryOf(rows: readonly RowGroup[]) {
  const done: string[] = [];
  const repository: ColumnstoreRepository = {
    capabilities: async () => new Set(['columnstore']),
    rowGroups: async () => rows,
    reorganize: async (table, { compressAll }) => {
      done.push(`reorganize ${table}${compressAll ? ' all' : ''}`);
    },
    rebuild: async (table) => {
      done.push(`rebuild ${table}`);
    },
  };
  return { repository, done };
}

async function linesOf(work: () => Promise<unknown>) {
  const lines: Record<string, unknown>[] = [];
  await withLogSink((_level, line) => lines.push(JSON.parse(line) as Record<string, unknown>), work);
  return lines;
}

describe('toRowGroup', () => {
  it('reads numbers that the driver gives as text, and times beyond 2^53', () => {
    expect(toRowGroup(ROW)).toMatchObject({
      table: 'HistoryEntry',
      totalRows: 1_048_576,
      deletedRows: 0,
      span: { first: 811_512_315_904_000_000n, last: 811_512_999_999_999_999n },
      onlineRebuild: true,
    });
  });

  it.each([
    ['open', { encoding: null, firstChange: null, lastChange: null }],
    ['encoded by a string dictionary', { encoding: 3 }],
  ])('takes no span from a row group that is %s', (_what, given) => {
    expect(toRowGroup({ ...ROW, ...given }).span).toBeNull();
  });
});

describe('maintainColumnstore', () => {
  it('does nothing, and says so, when there is nothing to do', async () => {
    const { repository, done } = repositoryOf([toRowGroup(ROW)]);
    const lines = await linesOf(() => maintainColumnstore(repository));
    expect(done).toEqual([]);
    expect(lines).toMatchObject([{ level: 'info', table: 'HistoryEntry', action: 'nothing', groups: 1 }]);
  });

  it('looks after each table by itself', async () => {
    const { repository, done } = repositoryOf([
      toRowGroup({ ...ROW, state: 'CLOSED', closedMinutes: 100 }),
      toRowGroup({
        ...ROW,
        tableName: 'HistoryArchive',
        state: 'OPEN',
        totalRows: '200000',
        ageMinutes: 20_000,
      }),
    ]);
    const lines = await linesOf(() => maintainColumnstore(repository));
    expect(done).toEqual(['reorganize HistoryEntry', 'reorganize HistoryArchive all']);
    expect(lines.map((line) => line['action'])).toEqual(['reorganize', 'compress-all']);
  });

  it('rebuilds where the engine can online, and asks for it elsewhere', async () => {
    const disorder = Array.from({ length: 8 }, (_, rowGroupId) => ({ ...ROW, rowGroupId }));
    const online = repositoryOf(disorder.map(toRowGroup));
    await linesOf(() => maintainColumnstore(online.repository));
    expect(online.done).toEqual(['rebuild HistoryEntry']);

    const offline = repositoryOf(disorder.map((row) => toRowGroup({ ...row, onlineRebuild: 0 })));
    const lines = await linesOf(() => maintainColumnstore(offline.repository));
    expect(offline.done).toEqual([]);
    expect(lines.at(-1)).toMatchObject({ level: 'warn', reason: '8 of 8 row groups overlap in time' });
  });
});
