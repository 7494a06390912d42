import type { z } from 'zod';
import { fieldErrors } from '../../shared/http/input.ts';
import type { Batch } from './batch.ts';
import type { SourceRecord } from './source/record.ts';

export interface ParsedRecord<T> {
  readonly record: SourceRecord;
  readonly value: T;
}

/** Reads up to `count` records into the batch and rejects those that cannot be read or break the schema. */
export async function takeRecords<S extends z.ZodType>(
  batch: Batch,
  schema: S,
  count: number,
): Promise<ParsedRecord<z.output<S>>[]> {
  const { cursor, stopping } = batch.options;
  const parsed: ParsedRecord<z.output<S>>[] = [];
  for (let taken = 0; taken < count && !stopping();) {
    const records = await cursor.take(count - taken);
    if (records.length === 0) break;
    taken += records.length;
    for (const record of records) {
      batch.read(record);
      if (record.fields) {
        const result = schema.safeParse(record.fields);
        if (result.success) parsed.push({ record, value: result.data });
        else batch.reject([record], fieldErrors(result.error));
      } else batch.reject([record], [{ path: '', message: record.unreadable?.reason ?? 'cannot be read' }]);
    }
  }
  return parsed;
}
