import { type Database, type PageKey, cutPage } from '../data/index.ts';
import type { ActorKind, CamRevisionSummary, ChangeType, HistoryEntry } from './contracts.ts';
import {
  type HistoryFilter,
  type HistoryPageRequest,
  type HistoryRow,
  camRevisionCountQuery,
  historyPage,
} from './repository.ts';

export interface HistoryPage {
  readonly value: HistoryEntry[];
  /** Position after the last entry; undefined on the last page. */
  readonly next?: Required<PageKey> | undefined;
}

/** Reads come from the read replica where there is one, and then may miss the last seconds. */
export interface HistoryService {
  /** Newest first. */
  list(request: HistoryPageRequest): Promise<HistoryPage>;
  /** One row per CAM revision, by routing, lowest number first. */
  summarize(filter: HistoryFilter): Promise<CamRevisionSummary[]>;
}

export function createHistoryService({ database }: { database: Database }): HistoryService {
  return {
    list: async (request) => {
      const { dialect } = database;
      const { rows } = await database.readReplica((read) =>
        read.executeQuery(historyPage({ read, dialect }, { ...request, count: request.count + 1 })),
      );
      const { shown, last } = cutPage(rows, request.count);
      return { value: shown.map(toEntry), next: last && { seq: last.seq, value: last.changedAt } };
    },
    summarize: async (filter) => {
      const summaries = new Map<string, CamRevisionSummary>();
      const { dialect } = database;
      const rows = await database.readReplica((read) =>
        camRevisionCountQuery({ read, dialect }, filter).execute(),
      );
      for (const row of rows) {
        const key = `${row.routingId} ${row.camRev}`;
        const summary = summaries.get(key);
        if (summary) merge(summary, row);
        else summaries.set(key, toSummary(row));
      }
      return [...summaries.values()];
    },
  };
}

/** Member by member: to leave one out by a rest pattern takes ten times as long, and a page has up to a thousand rows. */
function toEntry(row: HistoryRow): HistoryEntry {
  return {
    historyId: row.historyId,
    itemCode: row.itemCode,
    revisionCode: row.revisionCode,
    routingId: row.routingId,
    camRev: row.camRev,
    changeType: row.changeType as ChangeType,
    field: row.field,
    previousValue: row.previousValue,
    currentValue: row.currentValue,
    changedAt: row.changedAt,
    changedBy: row.changedBy,
    actorKind: row.actorKind as ActorKind,
    comment: row.comment,
    traceId: row.traceId,
  };
}

interface CountRow {
  readonly itemCode: string;
  readonly revisionCode: string | null;
  readonly routingId: string | null;
  readonly camRev: number | null;
  readonly changedBy: string;
  readonly entries: number;
  readonly firstChangedAt: string;
  readonly lastChangedAt: string;
}

function toSummary({ changedBy, ...row }: CountRow): CamRevisionSummary {
  // The query leaves out entries without routing or CAM revision.
  return { ...row, routingId: row.routingId ?? '', camRev: row.camRev ?? 0, changedBy: [changedBy] };
}

function merge(summary: CamRevisionSummary, row: CountRow): void {
  summary.entries += row.entries;
  summary.changedBy.push(row.changedBy);
  if (row.firstChangedAt < summary.firstChangedAt) summary.firstChangedAt = row.firstChangedAt;
  if (row.lastChangedAt > summary.lastChangedAt) summary.lastChangedAt = row.lastChangedAt;
}
