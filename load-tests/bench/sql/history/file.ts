import { closeSync, openSync, writeSync } from 'node:fs';
import { type PlannedRouting, entryAt, routingAt, routingIndexOf } from './plan.ts';

const PIECE_ENTRIES = 5000;

/** Writes the entries from number `from` up to, not including, `to` as NDJSON. */
export function writeHistoryFile(path: string, from: number, to: number): void {
  const file = openSync(path, 'w');
  try {
    const routings = new Map<number, PlannedRouting>();
    const routing = (index: number): PlannedRouting => {
      const known = routings.get(index) ?? routingAt(index);
      return routings.set(index, known).get(index) ?? known;
    };
    for (let start = from; start < to; start += PIECE_ENTRIES) {
      const lines: string[] = [];
      for (let position = start; position < Math.min(start + PIECE_ENTRIES, to); position += 1)
        lines.push(`${JSON.stringify(entryAt(position, routing(routingIndexOf(position))))}\n`);
      writeSync(file, lines.join(''));
    }
  } finally {
    closeSync(file);
  }
}
