import type { Database } from '../../../shared/data/index.ts';
import { fieldErrors } from '../../../shared/http/input.ts';
import type { Batch, ImportKind } from '../batch.ts';
import type { ImportChange } from '../change.ts';
import { keyOf } from '../look-up.ts';
import type { FileFormat } from '../source/source-file.ts';
import { type RoutingSource, single, takeCsvRouting } from './csv-routings.ts';
import { type Surroundings, readSurroundings } from './known-routings.ts';
import { ROUTING_COLUMNS, type RoutingRecord, routingRecord } from './record.ts';
import { RoutingRows } from './routing-rows.ts';

/** Few enough to be held with all their steps. */
const BATCH_ROUTINGS = 1000;

export interface RoutingsOptions {
  readonly database: Database;
  readonly change: ImportChange;
  readonly format: FileFormat;
  /** Nothing is written: what earlier batches would have written is kept in memory instead. */
  readonly dryRun: boolean;
}

export function routingsKind({ database, change, format, dryRun }: RoutingsOptions): ImportKind {
  const imagined: Surroundings = { revisions: new Set(), routings: new Map(), mains: new Map() };
  return {
    name: 'routings',
    columns: ROUTING_COLUMNS,
    async prepare(batch) {
      const parsed = await takeRoutings(batch, format);
      const known = await readSurroundings(
        database,
        parsed.map(({ value }) => value),
      );
      if (dryRun) merge(known, imagined);
      const rows = new RoutingRows(known, change);
      for (const { records, value } of parsed) {
        const outcome = rows.add(records[0]?.number ?? 0, value);
        if (outcome === 'added') batch.written(records.length);
        else if (outcome !== 'there') batch.reject(records, [outcome]);
      }
      if (dryRun) keep(imagined, known, parsed);
      return rows.prepared();
    },
  };
}

interface ParsedRouting {
  readonly records: RoutingSource['records'];
  readonly value: RoutingRecord;
}

async function takeRoutings(batch: Batch, format: FileFormat): Promise<ParsedRouting[]> {
  const { cursor, stopping } = batch.options;
  const parsed: ParsedRouting[] = [];
  for (let taken = 0; taken < BATCH_ROUTINGS && !stopping(); taken += 1) {
    const source = format === 'csv' ? await takeCsvRouting(cursor) : (await cursor.take(1)).map(single)[0];
    if (!source) break;
    for (const record of source.records) batch.read(record);
    const result = routingRecord.safeParse(source.value);
    const reasons = [...source.reasons, ...(result.success ? [] : fieldErrors(result.error))];
    const unreadable = source.records.some(({ fields }) => !fields);
    if (unreadable) batch.reject(source.records, source.reasons);
    else if (reasons.length > 0 || !result.success) batch.reject(source.records, reasons);
    else parsed.push({ records: source.records, value: result.data });
  }
  return parsed;
}

/** Adds what earlier batches would have written. */
function merge(known: Surroundings, imagined: Surroundings): void {
  for (const [key, routing] of imagined.routings) known.routings.set(key, routing);
  for (const [key, code] of imagined.mains) known.mains.set(key, code);
}

function keep(imagined: Surroundings, known: Surroundings, parsed: readonly ParsedRouting[]): void {
  for (const { value } of parsed) {
    const key = keyOf(value.itemCode, value.revisionCode, value.routingCode);
    const routing = known.routings.get(key);
    if (routing) imagined.routings.set(key, routing);
    const main = known.mains.get(keyOf(value.itemCode, value.revisionCode));
    if (main !== undefined) imagined.mains.set(keyOf(value.itemCode, value.revisionCode), main);
  }
}
