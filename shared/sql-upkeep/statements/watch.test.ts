import { describe, expect, it } from '@jest/globals';
import { withLogSink } from '../../telemetry/index.ts';
import { type StatementEvents, toStatementEvents } from './repository.ts';
import { StatementWatch } from './watch.ts';

/** Rows as `mcms.ReadStatementEvents` and the driver give them. */
const BUFFER = {
  kind: 'buffer',
  at: '2026-05-10T12:00:00.000Z',
  queryHash: null,
  queryText: null,
  durationMs: null,
  cpuMs: null,
  logicalReads: null,
  waitType: null,
  running: 1,
  incomplete: 0,
} as const;
const LONG = {
  ...BUFFER,
  kind: 'statement',
  queryHash: '0x1A2B3C4D5E6F7081',
  queryText: 'select 1',
  durationMs: '1200',
  cpuMs: '1100',
  logicalReads: '900',
} as const;

function setUp(rounds: (StatementEvents | undefined)[]) {
  let accepted = 0;
  const lines: Record<string, unknown>[] = [];
  const watch = new StatementWatch({
    repository: {
      capabilities: async () => new Set(),
      read: async () => rounds.shift(),
      accept: async () => {
        accepted += 1;
      },
    },
  });
  const round = () =>
    withLogSink(
      (_level, line) => lines.push(JSON.parse(line) as Record<string, unknown>),
      () => watch.round(),
    );
  return { round, lines, accepted: () => accepted };
}
const events = (...rows: Parameters<typeof toStatementEvents>[0]) => toStatementEvents(rows);

describe('the watch over statements', () => {
  it('says nothing of a quiet minute, and goes on behind it', async () => {
    const { round, lines, accepted } = setUp([events(BUFFER)]);
    expect(await round()).toEqual([]);
    expect([lines, accepted()]).toEqual([[], 1]);
  });

  it('warns of each query that took long, by name', async () => {
    const { round, lines } = setUp([
      events(BUFFER, LONG, LONG, { ...LONG, queryHash: '0xFF', queryText: 'select 2' }),
    ]);
    await round();
    expect(lines).toMatchObject([
      {
        level: 'warn',
        queryText: 'select 1',
        statements: 2,
        longestMs: 1200,
        mostCpuMs: 1100,
        mostLogicalReads: 900,
      },
      { level: 'warn', queryText: 'select 2', statements: 1 },
    ]);
  });

  it('names twenty queries and counts the others', async () => {
    const many = Array.from({ length: 23 }, (_, index) => ({ ...LONG, queryHash: `0x${index + 1}` }));
    const { round, lines } = setUp([events(BUFFER, ...many)]);
    await round();
    expect(lines).toHaveLength(21);
    expect(lines.at(-1)).toMatchObject({ unnamed: 3 });
  });

  it('says when something was lost', async () => {
    const { round, lines } = setUp([events({ ...BUFFER, incomplete: 1 })]);
    await round();
    expect(lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('lost events') }]);
  });

  it('says once that it sees nothing, and again after it has seen something', async () => {
    const stopped = events({ ...BUFFER, running: 0 });
    const { round, lines, accepted } = setUp([
      undefined,
      undefined,
      stopped,
      stopped,
      events(BUFFER),
      stopped,
    ]);
    for (let minute = 0; minute < 6; minute += 1) await round();
    expect(lines.map((line) => String(line['message']).replace(/.*: /, ''))).toEqual([
      'the app may not see the event session',
      expect.stringContaining('the event session is stopped'),
      expect.stringContaining('the event session is stopped'),
    ]);
    expect(accepted()).toBe(4);
  });
});
