import type { BulkRow } from '../../shared/data/index.ts';
import type { HistoryFact } from '../../shared/history/index.ts';

/** Who imports what, when: the same for all rows of a run. */
export interface ImportChange {
  /** ISO 8601 UTC. */
  readonly at: string;
  readonly by: string;
  readonly fileName: string;
  /** SHA-256 in hex. */
  readonly fileDigest: string;
}

const MAX_COMMENT = 1000;

/** The history entry of something that an import made. */
export function historyRow(
  { at, by, fileName }: ImportChange,
  historyId: string,
  fact: HistoryFact,
): BulkRow<'HistoryEntry'> {
  return {
    historyId,
    itemCode: fact.itemCode,
    revisionCode: fact.revisionCode ?? null,
    routingId: fact.routingId ?? null,
    camRev: fact.camRev ?? null,
    changeType: fact.changeType,
    field: fact.field ?? null,
    previousValue: fact.previousValue ?? null,
    currentValue: fact.currentValue ?? null,
    changedAt: at,
    changedBy: by,
    actorKind: 'service',
    comment: `imported from ${fileName}`.slice(0, MAX_COMMENT),
    traceId: null,
  };
}
