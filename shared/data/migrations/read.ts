import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { CAPABILITIES } from '../capabilities.ts';
import { MigrationError } from './errors.ts';
import type { MigrationFile } from './migration.ts';

const FILE_NAME = /^\d{4}_\w+\.sql$/;
const list = <T extends z.ZodType<string, string>>(of: T) =>
  z
    .array(z.string())
    .transform((lines) => lines.flatMap((line) => line.split(',').map((part) => part.trim())))
    .pipe(z.array(of));
const headersSchema = z.strictObject({
  requires: list(z.enum(CAPABILITIES)).default([]),
  transaction: list(z.literal('none')).default([]),
  replaces: list(z.string().regex(FILE_NAME, 'must be the name of a file')).default([]),
});

/**
 * The migrations of a folder in order of name. Batches are what stands between lines with nothing but `GO`; headers are the lines
 * `-- name: value` that a file begins with: `requires`, `transaction: none`, `replaces`.
 * @throws {MigrationError} `unreadable`, naming the file
 */
export async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => FILE_NAME.test(name)).sort();
  if (names.length === 0) throw new MigrationError('unreadable', `no migrations in ${folder}`);
  checkNumbers(names);
  const files = await Promise.all(
    names.map(async (name) => parseMigration(name, await readFile(join(folder, name), 'utf8'))),
  );
  for (const { name, replaces } of files) {
    const wrong = replaces.find((replaced) => replaced >= name || !names.includes(replaced));
    if (wrong)
      throw new MigrationError('unreadable', `${name} replaces ${wrong}, which is no file before it`);
  }
  return files;
}

/** One file from its text. */
export function parseMigration(name: string, raw: string): MigrationFile {
  const text = raw.replaceAll('\r\n', '\n');
  const headers = headersSchema.safeParse(headersOf(text));
  if (!headers.success) {
    const problems = headers.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`.trim());
    throw new MigrationError('unreadable', `${name}: header: ${problems.join('; ')}`, headers.error);
  }
  const { requires, transaction, replaces } = headers.data;
  return {
    name,
    checksum: sha256(text),
    batches: text.split(/^GO[ \t]*$/im).filter((batch) => batch.trim() !== ''),
    requires,
    inTransaction: transaction.length === 0,
    replaces,
  };
}

/** What the journal keeps of a file that is under way: the batches that are done may not change any more, the others may. */
export function progressChecksum({ batches }: MigrationFile, batchesDone: number): string {
  return sha256(JSON.stringify(batches.slice(0, batchesDone)));
}

/** Values of the `-- name: value` lines that a file begins with. One further down would be taken for prose, and is refused. */
function headersOf(text: string): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  let heading = true;
  for (const line of text.split('\n')) {
    if (!/^\s*(--|$)/.test(line)) break;
    const [, name, value] = /^--\s*([A-Za-z]\w*):\s+(.+?)\s*$/.exec(line) ?? [];
    const isHeader = name !== undefined && value !== undefined;
    if (heading && isHeader) (headers[name] ??= []).push(value);
    else if (isHeader && name.toLowerCase() in headersSchema.shape) headers[`late ${name}`] = [value];
    heading &&= isHeader;
  }
  return headers;
}

function checkNumbers(names: readonly string[]): void {
  const twin = names.find((name, index) => name.slice(0, 4) === names[index - 1]?.slice(0, 4));
  if (twin) throw new MigrationError('unreadable', `two migrations have the number ${twin.slice(0, 4)}`);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
