import type { Database } from '../../../shared/data/index.ts';
import { fieldErrors } from '../../../shared/http/input.ts';
import { type Batch, type ImportKind, type PreparedBatch, rowsOf } from '../batch.ts';
import { derivedId } from '../derived-id.ts';
import type { SourceRecord } from '../source/record.ts';
import type { Entry, HistoryRow } from './entry.ts';
import { dropKnownEntries } from './known-entries.ts';
import { HISTORY_COLUMNS, type HistoryRecord, historyRecord } from './record.ts';
import { References } from './references.ts';

export interface HistoryOptions {
  readonly database: Database;
  readonly fileDigest: string;
  /** Take entries on what is not in the database. */
  readonly allowUnknown: boolean;
}

/** How many records are looked up together. */
const PIECE_RECORDS = 2000;
/** Entries that are compared with those that are there are held, in the worst case twice. */
const MAX_CAREFUL_ROWS = 10_240;

export function historyKind(options: HistoryOptions): ImportKind {
  const { database, fileDigest } = options;
  const references = new References(database, options);
  return {
    name: 'history',
    columns: HISTORY_COLUMNS,
    async prepare(batch): Promise<PreparedBatch> {
      const entries = acceptedEntries(batch, references, fileDigest);
      if (batch.options.careful) {
        const rows = await dropKnownEntries(database, batch, await collect(entries));
        return { inserts: [rowsOf('HistoryEntry', rows)] };
      }
      const rows = writtenRows(batch, entries);
      return {
        inserts: [rowsOf('HistoryEntry', batch.options.streams ? rows : await collect(rows))],
      };
    },
  };
}

async function collect<T>(values: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const value of values) collected.push(value);
  return collected;
}

async function* writtenRows(batch: Batch, entries: AsyncIterable<Entry>): AsyncGenerator<HistoryRow> {
  for await (const { row } of entries) {
    batch.written();
    yield row;
  }
}

async function* acceptedEntries(
  batch: Batch,
  references: References,
  fileDigest: string,
): AsyncGenerator<Entry> {
  const { cursor, careful, stopping } = batch.options;
  const batchRows = careful ? Math.min(batch.options.batchRows, MAX_CAREFUL_ROWS) : batch.options.batchRows;
  let accepted = 0;
  while (accepted < batchRows && !stopping()) {
    const records = await cursor.take(Math.min(PIECE_RECORDS, batchRows - accepted));
    if (records.length === 0) return;
    const parsed = records.map(parse);
    await references.load(parsed.flatMap((result) => result.entry ?? []));
    for (const { record, entry, reasons } of parsed) {
      batch.read(record);
      const subject = entry && references.resolve(entry);
      if (!subject) batch.reject([record], reasons);
      else if ('path' in subject) batch.reject([record], [subject]);
      else {
        accepted += 1;
        yield { record, row: toRow(entry, subject, derivedId(fileDigest, record.number)) };
      }
    }
  }
}

function parse(record: SourceRecord) {
  const { fields, unreadable } = record;
  if (!fields) {
    return {
      record,
      entry: undefined,
      reasons: [{ path: '', message: unreadable?.reason ?? 'is not readable' }],
    };
  }
  const result = historyRecord.safeParse(fields);
  return result.success
    ? { record, entry: result.data, reasons: [] }
    : { record, entry: undefined, reasons: fieldErrors(result.error) };
}

function toRow(
  entry: HistoryRecord,
  subject: { readonly revisionCode: string | null; readonly routingId: string | null },
  fallbackId: string,
): HistoryRow {
  return {
    historyId: entry.historyId ?? fallbackId,
    itemCode: entry.itemCode,
    revisionCode: subject.revisionCode,
    routingId: subject.routingId,
    camRev: entry.camRev ?? null,
    changeType: entry.changeType,
    field: entry.field ?? null,
    previousValue: entry.previousValue ?? null,
    currentValue: entry.currentValue ?? null,
    changedAt: entry.changedAt,
    changedBy: entry.changedBy,
    actorKind: entry.actorKind,
    comment: entry.comment ?? null,
    traceId: entry.traceId ?? null,
  };
}
