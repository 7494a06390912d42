import type { FieldError } from '../../../shared/errors.ts';
import { keyOf } from '../look-up.ts';
import type { RecordCursor } from '../source/record-cursor.ts';
import type { SourceRecord } from '../source/record.ts';
import { ROUTING_FIELDS } from './record.ts';

/** The records that make one routing, and what the schema is to judge. */
export interface RoutingSource {
  readonly records: readonly SourceRecord[];
  readonly value: Readonly<Record<string, unknown>>;
  /** What is wrong before the schema is asked. */
  readonly reasons: readonly FieldError[];
}

type Fields = Readonly<Record<string, unknown>>;

/** A larger group is taken for a defect of the file; a routing has at most 200 steps. */
const MAX_ROWS = 1000;

/** The next rows of one routing; undefined at the end of the file. */
export async function takeCsvRouting(cursor: RecordCursor): Promise<RoutingSource | undefined> {
  const [first] = await cursor.take(1);
  if (!first) return undefined;
  if (!first.fields) return single(first);
  const records = [first];
  const rows = [first.fields];
  const key = codes(first.fields);
  while (records.length < MAX_ROWS) {
    const next = await cursor.peek();
    if (!next?.fields || codes(next.fields) !== key) break;
    records.push(next);
    rows.push(next.fields);
    await cursor.take(1);
  }
  return joined(records, rows);
}

/** A record that is a whole routing. */
export function single(record: SourceRecord): RoutingSource {
  const { fields, unreadable } = record;
  const reasons = fields ? [] : [{ path: '', message: unreadable?.reason ?? 'cannot be read' }];
  return { records: [record], value: fields ?? {}, reasons };
}

function codes({ itemCode, revisionCode, routingCode }: Fields): string {
  return keyOf(String(itemCode), String(revisionCode), String(routingCode));
}

function joined(records: readonly SourceRecord[], rows: readonly Fields[]): RoutingSource {
  const [first = {}] = rows;
  const { itemCode, revisionCode, routingCode } = first;
  const reasons: FieldError[] = [];
  const own: Record<string, unknown> = {};
  for (const field of ROUTING_FIELDS) {
    own[field] = first[field];
    const other = rows.findIndex((row) => row[field] !== undefined && row[field] !== first[field]);
    if (other !== -1) {
      const message = `is otherwise in line ${records[other]?.line} than in the first row of this routing`;
      reasons.push({ path: field, message });
    }
  }
  const steps = rows.flatMap((row) => stepOf(row) ?? []);
  if (steps.length < rows.length && rows.length > 1) {
    reasons.push({ path: 'sequence', message: 'is missing in one of the rows of this routing' });
  }
  return { records, value: { itemCode, revisionCode, routingCode, ...own, steps }, reasons };
}

/** Undefined when the row has no step: a routing without any. */
function stepOf({ machine, sequence, stepMachine, processDescription, toolInformation, notes }: Fields) {
  const given = [sequence, stepMachine, processDescription, toolInformation, notes];
  if (given.every((value) => value === undefined)) return undefined;
  return { sequence, machine: stepMachine ?? machine, processDescription, toolInformation, notes };
}
