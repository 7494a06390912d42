import { parseArgs } from 'node:util';

export const HELP = `Brings the database that SqlConnection names (default: SQLite in MCMS_STATE_DIR) up to infra/sql.

Usage: npm run migrate [-- --status | --dry-run]

  (nothing)  apply what is pending, file by file; a run that was cut off goes on where it stood
  --status   tell what the database can do, and of each file whether it is applied
  --dry-run  print the batches that a run would execute, in order

--status and --dry-run make no database and change nothing.

A file is
  applied    in the database
  pending    to be applied by the next run
  started    applied in part, batch by batch; the next run goes on
  deferred   waiting for something that this database cannot do; a run applies it once it can
  replaced   never to be applied: a later file stands in its place
  newer      applied by a later version of MCMS; this version runs on it
  changed, missing, inserted
             not what was applied; no run goes past it, and the line says what to do

Exit codes: 0 done, or nothing to do; 1 failed, or files are changed, missing or inserted; 2 wrong usage;
3 (--status) something is pending.`;

export type Mode = 'help' | 'run' | 'status' | 'dry-run';

/** Wrong arguments: exit code 2, where a failed run is 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @throws {UsageError} */
export function readArguments(args: readonly string[]): Mode {
  const options = {
    status: { type: 'boolean', default: false },
    'dry-run': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { values } = parse(() => parseArgs({ args: [...args], options }));
  if (values.help) return 'help';
  if (values.status && values['dry-run'])
    throw new UsageError('--status and --dry-run are two different questions');
  if (values.status) return 'status';
  return values['dry-run'] ? 'dry-run' : 'run';
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
