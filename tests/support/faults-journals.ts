import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readHeld } from './faults-held-files.ts';

/** What a workstation's journal knows of an attempt. */
export interface JournalEntry {
  readonly attemptId: string;
  /** claimed, started, ended, reported or dropped. */
  readonly state: string;
  /** How it ended; null before that, and for one that was dropped. */
  readonly kind: string | null;
  /** The result message, JSON. */
  readonly result: string | null;
}

/** The journals of all agents of a stack, by workstation folder (`cmdhost-1`). */
export async function readJournals(stateDir: string): Promise<JournalEntry[]> {
  const folders = (await readdir(stateDir)).filter((name) => /^cmdhost-\d+$/.test(name));
  const found = await Promise.all(
    folders.map((folder) => readHeld(join(stateDir, folder, 'work/journal.db'), entriesOf)),
  );
  return found.flatMap((entries) => entries ?? []);
}

function entriesOf(database: { prepare(sql: string): { all(): unknown[] } }): JournalEntry[] {
  return database
    .prepare('select attemptId, state, kind, result from attempt order by rowid')
    .all() as JournalEntry[];
}
