import type { Capability } from '../capabilities.ts';
import type { JournalRow, MigrationFile } from './migration.ts';
import { progressChecksum } from './read.ts';

/** How a file stands towards a database. */
export type FileState = { readonly name: string } & (
  | { readonly state: 'applied'; readonly appliedAt: string; readonly durationMs: number | null }
  | { readonly state: 'pending'; readonly file: MigrationFile; readonly row: JournalRow | undefined }
  /** Batches of it have run, outside a transaction; the others are still to run. */
  | { readonly state: 'started'; readonly file: MigrationFile; readonly row: JournalRow }
  /** The database cannot do what it needs. */
  | {
      readonly state: 'deferred';
      readonly file: MigrationFile;
      readonly row: JournalRow | undefined;
      readonly reason: string;
    }
  /** Not applied, and a later file stands in its place. */
  | { readonly state: 'replaced'; readonly by: string }
  /** Applied by a later version of the product: this version runs on what it left. */
  | { readonly state: 'newer' }
  /** What keeps any run from beginning. */
  | { readonly state: 'changed' | 'missing' | 'inserted'; readonly advice: string }
);

export type Refusal = FileState & { readonly state: 'changed' | 'missing' | 'inserted' };

/** Every file of the folder and of the journal with its state, in order of name. */
export function assess(
  files: readonly MigrationFile[],
  journal: readonly JournalRow[],
  capabilities: readonly Capability[],
): FileState[] {
  const rows = new Map(journal.map((row) => [row.name, row]));
  const known = new Set(files.map(({ name }) => name));
  const begun = journal.filter(({ state }) => state !== 'deferred');
  const facts: Facts = {
    capabilities,
    lastBegun: begun.map(({ name }) => name).reduce(later, ''),
    replacedBy: new Map(files.flatMap(({ name, replaces }) => replaces.map((old) => [old, name] as const))),
  };
  const lastFile = files.map(({ name }) => name).reduce(later, '');
  const gone = begun
    .filter(({ name }) => !known.has(name))
    .map(({ name }): FileState => (name > lastFile ? { name, state: 'newer' } : missing(name)));
  return [...files.map((file) => stateOf(file, rows.get(file.name), facts)), ...gone].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/** The files that no run goes past. */
export function refusals(states: readonly FileState[]): Refusal[] {
  return states.filter(
    (file): file is Refusal =>
      file.state === 'changed' || file.state === 'missing' || file.state === 'inserted',
  );
}

/** Whether a run would change the schema. */
export function isOutstanding({ state }: FileState): boolean {
  return state === 'pending' || state === 'started';
}

interface Facts {
  readonly capabilities: readonly Capability[];
  readonly lastBegun: string;
  readonly replacedBy: ReadonlyMap<string, string>;
}

function stateOf(file: MigrationFile, row: JournalRow | undefined, facts: Facts): FileState {
  const { name } = file;
  if (row?.state === 'applied') {
    if (row.checksum !== file.checksum) return changed(name, 'after it was applied');
    return { name, state: 'applied', appliedAt: row.appliedAt, durationMs: row.durationMs };
  }
  const by = facts.replacedBy.get(name);
  if (by !== undefined) return { name, state: 'replaced', by };
  if (row?.state === 'started') {
    const same = row.checksum === progressChecksum(file, row.batchesDone);
    return same
      ? { name, state: 'started', file, row }
      : changed(name, `in the ${row.batchesDone} batches that have run`);
  }
  if (row === undefined && name < facts.lastBegun) return inserted(name, facts.lastBegun);
  const reason = lacking(file, facts.capabilities);
  return reason === undefined
    ? { name, state: 'pending', file, row }
    : { name, state: 'deferred', file, row, reason };
}

/** What the file needs and the database lacks; undefined when it lacks nothing. */
function lacking({ requires }: MigrationFile, capabilities: readonly Capability[]): string | undefined {
  const reasons = requires.flatMap((name) => {
    const found = capabilities.find((capability) => capability.name === name);
    if (found?.available) return [];
    return [`needs ${name}: ${found?.detail ?? 'this engine does not have it'}`];
  });
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

function changed(name: string, when: string): FileState {
  return {
    name,
    state: 'changed',
    advice: `${name} was changed ${when}: put it back as it was, and make the change in a new file`,
  };
}

function missing(name: string): FileState {
  return {
    name,
    state: 'missing',
    advice: `${name} was applied to this database and is not in the folder, though later files are: put it back`,
  };
}

function inserted(name: string, lastBegun: string): FileState {
  return {
    name,
    state: 'inserted',
    advice: `${name} comes before ${lastBegun}, which was applied already: give it a number after that`,
  };
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}
