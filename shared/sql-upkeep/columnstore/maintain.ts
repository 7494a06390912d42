import { annotate, createLogger } from '../../telemetry/index.ts';
import { type ColumnstoreDecision, type HistoryTable, decideColumnstore } from './decide.ts';
import type { ColumnstoreRepository } from './repository.ts';

const TABLES = ['HistoryEntry', 'HistoryArchive'] as const satisfies readonly HistoryTable[];
const log = createLogger('sql-upkeep');

export type ColumnstoreReport = ColumnstoreDecision & {
  readonly table: HistoryTable;
  readonly durationMs: number;
};

/** One round of upkeep: looks at both columnstores of history and does what each needs. A log line and span attributes for each. */
export async function maintainColumnstore(repository: ColumnstoreRepository): Promise<ColumnstoreReport[]> {
  const groups = await repository.rowGroups();
  const reports: ColumnstoreReport[] = [];
  for (const table of TABLES) {
    const own = groups.filter((group) => group.table === table);
    if (own.length === 0) continue;
    const decision = decideColumnstore(own);
    const startedMs = performance.now();
    await carryOut(repository, table, decision);
    const report = { table, ...decision, durationMs: Math.round(performance.now() - startedMs) };
    tell(report);
    reports.push(report);
  }
  return reports;
}

async function carryOut(
  repository: ColumnstoreRepository,
  table: HistoryTable,
  { action }: ColumnstoreDecision,
): Promise<void> {
  switch (action) {
    case 'reorganize':
      return repository.reorganize(table, { compressAll: false });
    case 'compress-all':
      return repository.reorganize(table, { compressAll: true });
    case 'rebuild':
      return repository.rebuild(table);
    case 'nothing':
      return;
  }
}

function tell(report: ColumnstoreReport): void {
  const { table, action, reason, rebuildDue, figures, durationMs } = report;
  annotate({
    [`mcms.columnstore.${table}.action`]: action,
    [`mcms.columnstore.${table}.groups`]: figures.groups,
    [`mcms.columnstore.${table}.duration_ms`]: durationMs,
  });
  log.info('columnstore looked after', { table, action, reason, durationMs, ...figures });
  if (rebuildDue !== undefined) {
    log.warn(
      'a columnstore needs a rebuild, which takes the table away meanwhile: run mcms.RebuildHistory in a quiet hour',
      {
        table,
        reason: rebuildDue,
      },
    );
  }
}
