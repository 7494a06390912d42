/** A row group of a columnstore, as `mcms.ListHistoryRowGroups` tells it. */
export interface RowGroup {
  readonly table: HistoryTable;
  readonly rowGroupId: number;
  readonly state: 'INVISIBLE' | 'OPEN' | 'CLOSED' | 'COMPRESSED' | 'TOMBSTONE';
  /** Deleted ones included. */
  readonly totalRows: number;
  readonly deletedRows: number;
  readonly sizeBytes: number;
  readonly trimReason: string | null;
  readonly transition: string | null;
  readonly ageMinutes: number | null;
  readonly closedMinutes: number | null;
  /** Where the engine tells first and last time as comparable numbers. */
  readonly span: { readonly first: bigint; readonly last: bigint } | null;
  /** The engine can rebuild in order without taking the table away meanwhile. */
  readonly onlineRebuild: boolean;
}

export type HistoryTable = 'HistoryEntry' | 'HistoryArchive';

/**
 * When upkeep steps in. Rows and groups:
 * - A full group has 1,048,576 rows. REORGANIZE cleans a group from a tenth of that deleted on, and merges groups that fit into one:
 *   https://learn.microsoft.com/archive/blogs/sqlserverstorageengine/columnstore-index-merge-policy-for-reorganize
 * - The engine compresses closed groups within minutes by itself; one that waits for an hour is stuck.
 * - What trickles in stays open, and readable, until a group is full; after a week, and from the size on at which a load would be
 *   compressed at once, it is worth a group of its own.
 */
export const COLUMNSTORE_LIMITS = {
  selfMergeRows: 102_400,
  /** Two of this size fit into one group. */
  smallRows: 524_288,
  /** Fewer small groups than this cost no query anything. */
  smallGroups: 4,
  closedMinutes: 60,
  openRows: 102_400,
  openMinutes: 7 * 24 * 60,
  /** Deleted in all, where no single group has enough for REORGANIZE to clean it. */
  deletedShare: 0.3,
  /** Of the groups, that share their time with another: a query of a span then reads groups it could skip. */
  overlapShare: 0.5,
  /** With fewer compressed groups a query reads few anyway. */
  overlapGroups: 8,
} as const;

export type ColumnstoreAction = 'nothing' | 'reorganize' | 'compress-all' | 'rebuild';

export interface ColumnstoreDecision {
  readonly action: ColumnstoreAction;
  /** Why, in figures: one line for the log. */
  readonly reason: string;
  /** Why somebody should rebuild it in a quiet hour; only where the engine cannot do it without taking the table away. */
  readonly rebuildDue?: string;
  readonly figures: ColumnstoreFigures;
}

export interface ColumnstoreFigures {
  readonly groups: number;
  readonly compressedRows: number;
  readonly deltaRows: number;
  readonly deletedRows: number;
  readonly sizeBytes: number;
  readonly overlappingGroups: number;
}

/** What to do with one columnstore, given all its row groups. */
export function decideColumnstore(groups: readonly RowGroup[]): ColumnstoreDecision {
  const figures = figuresOf(groups);
  const compressed = groups.filter((group) => group.state === 'COMPRESSED');
  const rebuild = rebuildReason(compressed, figures);
  if (rebuild !== undefined && groups.some((group) => group.onlineRebuild)) {
    return { action: 'rebuild', reason: rebuild, figures };
  }
  const step = compressReason(groups) ?? reorganizeReason(groups, compressed);
  return {
    ...(step ?? { action: 'nothing', reason: 'nothing to do' }),
    ...(rebuild === undefined ? {} : { rebuildDue: rebuild }),
    figures,
  };
}

function rebuildReason(compressed: readonly RowGroup[], figures: ColumnstoreFigures): string | undefined {
  const limits = COLUMNSTORE_LIMITS;
  const spans = compressed.filter((group) => group.span !== null).length;
  if (spans >= limits.overlapGroups && figures.overlappingGroups / spans > limits.overlapShare) {
    return `${figures.overlappingGroups} of ${spans} row groups overlap in time`;
  }
  const deletedShare = figures.deletedRows / Math.max(figures.compressedRows, 1);
  if (deletedShare > limits.deletedShare && !compressed.some(cleansItself)) {
    return `${percent(deletedShare)} of the rows are deleted, spread over groups that REORGANIZE leaves alone`;
  }
  return undefined;
}

type Step = Pick<ColumnstoreDecision, 'action' | 'reason'>;

function compressReason(groups: readonly RowGroup[]): Step | undefined {
  const limits = COLUMNSTORE_LIMITS;
  const open = groups.filter((group) => group.state === 'OPEN');
  const openRows = sum(open, (group) => group.totalRows);
  const oldest = Math.max(0, ...open.map((group) => group.ageMinutes ?? 0));
  if (openRows < limits.openRows || oldest < limits.openMinutes) return undefined;
  return {
    action: 'compress-all',
    reason: `${openRows} rows lie open for up to ${Math.floor(oldest / 1440)} days`,
  };
}

function reorganizeReason(groups: readonly RowGroup[], compressed: readonly RowGroup[]): Step | undefined {
  const limits = COLUMNSTORE_LIMITS;
  const stuck = groups.filter(
    (group) => group.state === 'CLOSED' && (group.closedMinutes ?? 0) >= limits.closedMinutes,
  ).length;
  if (stuck > 0) return { action: 'reorganize', reason: `${stuck} closed row groups are not compressed` };
  const dirty = compressed.filter(cleansItself).length;
  if (dirty > 0) return { action: 'reorganize', reason: `${dirty} row groups have many deleted rows` };
  const small = compressed.filter(canMerge).length;
  if (small >= limits.smallGroups)
    return { action: 'reorganize', reason: `${small} small row groups fit together` };
  return undefined;
}

function cleansItself(group: RowGroup): boolean {
  return group.deletedRows >= COLUMNSTORE_LIMITS.selfMergeRows;
}

/** Groups that dictionary or memory kept small would come out as small again. */
function canMerge(group: RowGroup): boolean {
  const kept = group.trimReason === 'DICTIONARY_SIZE' || group.trimReason === 'MEMORY_LIMITATION';
  return !kept && group.totalRows - group.deletedRows <= COLUMNSTORE_LIMITS.smallRows;
}

function figuresOf(groups: readonly RowGroup[]): ColumnstoreFigures {
  const compressed = groups.filter((group) => group.state === 'COMPRESSED');
  const delta = groups.filter((group) => group.state === 'OPEN' || group.state === 'CLOSED');
  return {
    groups: compressed.length + delta.length,
    compressedRows: sum(compressed, (group) => group.totalRows),
    deltaRows: sum(delta, (group) => group.totalRows),
    deletedRows: sum(compressed, (group) => group.deletedRows),
    sizeBytes: sum([...compressed, ...delta], (group) => group.sizeBytes),
    overlappingGroups: countOverlapping(compressed.flatMap((group) => group.span ?? [])),
  };
}

/** Spans that share more than an end with another. */
function countOverlapping(spans: readonly { readonly first: bigint; readonly last: bigint }[]): number {
  return spans.filter((span, index) =>
    spans.some((other, at) => at !== index && span.first < other.last && other.first < span.last),
  ).length;
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
