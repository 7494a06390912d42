import { parseArgs } from 'node:util';
import type { SeedCounts } from './plan.ts';

export const HELP = `Fills the database that SqlConnection names (default: SQLite in MCMS_STATE_DIR) with a machine shop.

Usage: npm run seed -- --items N [--routings N] [--cam-revs N] [--history N] [--reset]
       npm run seed -- --demo [--reset]

  --items     items, each with revisions A, B and C
  --routings  routings in all, spread evenly over the item revisions (default: one per item)
  --cam-revs  CAM revisions in all, at least one per routing (default: one per routing)
  --history   history entries in all; never fewer than what the rest entails (default: no more than that)
  --demo      the shop of the first start: 200 items, 500 routings under DEMO-500 A, 200 CAM revisions under
              DEMO-200 A; does nothing when there are items already
  --reset     empties the database first (workstations stay)

The database must have been migrated (npm run migrate). Two runs make the same shop; its dates count from now.`;

/** Wrong arguments: exit code 2, where a failed run is 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface SeedArguments {
  readonly demo: boolean;
  readonly reset: boolean;
  /** Meaningless with `demo`. */
  readonly counts: SeedCounts;
}

/**
 * What the command line asks for; undefined for `--help`.
 * @throws {UsageError}
 */
export function readArguments(args: readonly string[]): SeedArguments | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  const given = [values.items, values.routings, values['cam-revs'], values.history];
  if (values.demo && given.some((value) => value !== undefined)) {
    throw new UsageError('--demo stands for fixed counts; leave the others out');
  }
  if (!values.demo && values.items === undefined) throw new UsageError('--items N or --demo is missing');
  const items = count('--items', values.items, 0);
  const routings = count('--routings', values.routings, items);
  if (items === 0 && routings > 0) throw new UsageError('--routings needs --items of at least 1');
  const camRevs = count('--cam-revs', values['cam-revs'], routings);
  return {
    demo: values.demo,
    reset: values.reset,
    counts: { items, routings, camRevs, history: count('--history', values.history, 0) },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        items: { type: 'string' },
        routings: { type: 'string' },
        'cam-revs': { type: 'string' },
        history: { type: 'string' },
        demo: { type: 'boolean', default: false },
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function count(option: string, value: string | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (!/^\d{1,9}$/.test(value)) throw new UsageError(`${option} is a whole number from 0, not "${value}"`);
  return Number(value);
}
