import { parseArgs } from 'node:util';
import type { ImportKind } from './batch.ts';
import type { FileFormat } from './source/source-file.ts';

/** Wrong arguments: exit code 2, where a failed run is 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface ImportArguments {
  readonly kind: ImportKind['name'];
  readonly file: string;
  /** From the name of the file when not given. */
  readonly format: FileFormat | undefined;
  readonly rejected: string;
  /** Who imports, when it is not the user of this machine. */
  readonly by: string | undefined;
  readonly again: boolean;
  readonly dryRun: boolean;
  readonly allowUnknown: boolean;
  readonly lockHistory: boolean;
}

const COMMON_HELP = `  --rejected PATH   where rejected records go, with their reasons (default: FILE.rejected.ndjson)
  --format F        csv or ndjson, when the name of the file does not say it
  --by NAME         who imports (default: the user of this machine)
  --dry-run         check everything, write nothing but the rejected records
  --again           begin anew with a file that was imported or begun before; what is there already stays

The file is UTF-8. A run that was stopped or cut off goes on where it stood when the same command is given again.
Exit code: 0 all in, 3 some rejected, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.
Formats and columns: docs/operations.md, "First load of an old system".`;

export const IMPORT_HELP = `Loads items or routings of an old system into the database that SqlConnection names.

Usage: npm run import -- items|routings FILE [options]

${COMMON_HELP}`;

export const HISTORY_HELP = `Loads the change history of an old system into the database that SqlConnection names.

Usage: npm run import-history -- FILE [options]

  --allow-unknown   take entries on items, revisions and routing ids that are not in the database
  --no-table-lock   let others write history while a batch goes into SQL Server; slower
${COMMON_HELP}`;

const OPTIONS = {
  rejected: { type: 'string' },
  format: { type: 'string' },
  by: { type: 'string' },
  again: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;
const HISTORY_OPTIONS = {
  ...OPTIONS,
  'allow-unknown': { type: 'boolean', default: false },
  'no-table-lock': { type: 'boolean', default: false },
} as const;

/**
 * The arguments of `npm run import`; undefined for `--help`.
 * @throws {UsageError}
 */
export function readImportArguments(args: readonly string[]): ImportArguments | undefined {
  const { values, positionals } = usage(() =>
    parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true }),
  );
  if (values.help) return undefined;
  const [kind, ...files] = positionals;
  if (kind !== 'items' && kind !== 'routings') throw new UsageError('say what to import: items or routings');
  return { kind, ...common(files, values), allowUnknown: false, lockHistory: false };
}

/**
 * The arguments of `npm run import-history`; undefined for `--help`.
 * @throws {UsageError}
 */
export function readHistoryArguments(args: readonly string[]): ImportArguments | undefined {
  const { values, positionals } = usage(() =>
    parseArgs({ args: [...args], options: HISTORY_OPTIONS, allowPositionals: true }),
  );
  if (values.help) return undefined;
  return {
    kind: 'history',
    ...common(positionals, values),
    allowUnknown: values['allow-unknown'],
    lockHistory: !values['no-table-lock'],
  };
}

function usage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

interface CommonValues {
  readonly rejected?: string | undefined;
  readonly format?: string | undefined;
  readonly by?: string | undefined;
  readonly again: boolean;
  readonly 'dry-run': boolean;
}

function common(files: readonly string[], values: CommonValues) {
  const [file, ...others] = files;
  if (!file) throw new UsageError('the FILE is missing');
  if (others.length > 0) throw new UsageError(`one FILE at a time, not also ${others.join(' ')}`);
  const { format, by } = values;
  if (format !== undefined && format !== 'csv' && format !== 'ndjson') {
    throw new UsageError('--format is csv or ndjson');
  }
  if (by !== undefined && (by.trim() === '' || by.length > 200))
    throw new UsageError('--by is a name of at most 200 characters');
  return {
    file,
    format: format as FileFormat | undefined,
    by,
    rejected: values.rejected ?? `${file}.rejected.ndjson`,
    again: values.again,
    dryRun: values['dry-run'],
  };
}
