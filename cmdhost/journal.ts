import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type ResultMessage, resultMessage } from '../shared/cam-commands/contracts.ts';
import type { Clock } from '../shared/time/clock.ts';
import type { AttemptIdentity } from './errors.ts';

/**
 * `claimed` -> `started` (the adapter runs) -> `ended` (the result is decided, not yet sent) -> `reported`; or `dropped`, when
 * the lease was lost and nobody waits for a result.
 */
export type AttemptState = 'claimed' | 'started' | 'ended' | 'reported' | 'dropped';

export interface JournalEntry extends AttemptIdentity {
  readonly state: AttemptState;
  /** W3C trace context of the attempt. */
  readonly traceparent: string | undefined;
  readonly startedAt: string | undefined;
  /** The adapter's process, and what tells it from a later one with the same id. */
  readonly process: { readonly pid: number; readonly identity: string } | undefined;
}

/** A result on its way to the queue. */
export interface UnsentResult {
  readonly result: ResultMessage;
  readonly traceparent: string | undefined;
}

/**
 * The agent's memory on disk: written before the effect it announces, so that a restarted agent knows what it may have begun.
 * It is also the outbox of results. One agent alone may use a work folder.
 */
export interface Journal {
  /** False when the attempt is known already: it must not be run again. */
  claimed(attempt: AttemptIdentity, traceparent: string | undefined): boolean;
  started(attemptId: string, process: { pid: number; identity: string }, startedAt: string): void;
  ended(result: ResultMessage): void;
  reported(attemptId: string): void;
  dropped(attemptId: string): void;
  /** Attempts that a former agent process left behind: `claimed` or `started`. */
  unfinished(): JournalEntry[];
  /** Oldest first. */
  unsent(): UnsentResult[];
  /** Attempts that ended otherwise than `succeeded`, the latest first. */
  latestUnsuccessful(limit: number): string[];
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS attempt (
    attemptId TEXT PRIMARY KEY,
    commandId TEXT NOT NULL,
    run INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    traceparent TEXT,
    state TEXT NOT NULL CHECK (state IN ('claimed', 'started', 'ended', 'reported', 'dropped')),
    pid INTEGER,
    processIdentity TEXT,
    startedAt TEXT,
    kind TEXT,
    result TEXT,
    changedAt TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS attemptByState ON attempt (state, changedAt);`;

/** Entries kept after their result was sent, as a guard against running an attempt twice. */
const KEPT_ENTRIES = 1000;

/** @throws {Error} in a sentence when another agent holds the folder */
export function openJournal(workFolder: string, clock: Clock, keptEntries = KEPT_ENTRIES): Journal {
  mkdirSync(workFolder, { recursive: true });
  const path = join(workFolder, 'journal.db');
  const database = openDatabase(path);
  const statement = (sql: string) => database.prepare(sql);
  const claim = statement(
    `INSERT INTO attempt (attemptId, commandId, run, attempt, fence, traceparent, state, changedAt)
     VALUES (:attemptId, :commandId, :run, :attempt, :fence, :traceparent, 'claimed', :now)
     ON CONFLICT (attemptId) DO NOTHING`,
  );
  const start = statement(
    `UPDATE attempt SET state = 'started', pid = :pid, processIdentity = :identity, startedAt = :startedAt,
       changedAt = :now
     WHERE attemptId = :attemptId AND state = 'claimed'`,
  );
  const end = statement(
    `UPDATE attempt SET state = 'ended', kind = :kind, result = :result, changedAt = :now
     WHERE attemptId = :attemptId AND state IN ('claimed', 'started')`,
  );
  const move = statement('UPDATE attempt SET state = :state, changedAt = :now WHERE attemptId = :attemptId');
  const unfinished = statement(
    `SELECT * FROM attempt WHERE state IN ('claimed', 'started') ORDER BY changedAt, rowid`,
  );
  const unsent = statement(
    `SELECT result, traceparent FROM attempt WHERE state = 'ended' ORDER BY changedAt, rowid`,
  );
  const unsuccessful = statement(
    `SELECT attemptId FROM attempt WHERE state IN ('reported', 'dropped') AND kind IS NOT 'succeeded'
     ORDER BY changedAt DESC, rowid DESC LIMIT :limit`,
  );
  const forget = statement(
    `DELETE FROM attempt WHERE state IN ('reported', 'dropped') AND rowid NOT IN (
       SELECT rowid FROM attempt WHERE state IN ('reported', 'dropped')
       ORDER BY changedAt DESC, rowid DESC LIMIT ${keptEntries})`,
  );
  const now = (): string => clock.now().toISOString();

  /** An attempt that may have been begun, or a result, must outlive a power failure. */
  const durably = (): void => database.exec('PRAGMA synchronous = FULL');
  /** To lose these to one is to lose nothing: no adapter outlives it, and a result sent twice counts once. */
  const quickly = (): void => database.exec('PRAGMA synchronous = NORMAL');

  forget.run();
  let settledSincePrune = 0;
  const settle = (attemptId: string, state: 'reported' | 'dropped'): void => {
    quickly();
    move.run({ attemptId, state, now: now() });
    settledSincePrune += 1;
    // Seldom: each prune is a scan. So at most twice as many are there.
    if (settledSincePrune < keptEntries) return;
    settledSincePrune = 0;
    forget.run();
  };
  return {
    claimed: ({ attemptId, commandId, run, attempt, fence }, traceparent) => {
      durably();
      return (
        claim.run({ attemptId, commandId, run, attempt, fence, traceparent: traceparent ?? null, now: now() })
          .changes === 1
      );
    },
    started: (attemptId, { pid, identity }, startedAt) => {
      quickly();
      start.run({ attemptId, pid, identity, startedAt, now: now() });
    },
    ended: (result) => {
      const { attemptId, kind } = result;
      durably();
      end.run({ attemptId, kind, result: JSON.stringify(result), now: now() });
    },
    reported: (attemptId) => settle(attemptId, 'reported'),
    dropped: (attemptId) => settle(attemptId, 'dropped'),
    unfinished: () => unfinished.all().map(toEntry),
    unsent: () =>
      unsent.all().map((row) => ({
        result: resultMessage.parse(JSON.parse(String(row['result']))),
        traceparent: optionalText(row['traceparent']),
      })),
    latestUnsuccessful: (limit) => unsuccessful.all({ limit }).map((row) => String(row['attemptId'])),
    close: () => database.close(),
  };
}

function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    // EXCLUSIVE: the lock taken by the first statement is kept until the process ends, however it ends.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    database.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = 1; COMMIT;`);
    return database;
  } catch (cause) {
    database.close();
    const busy = /locked|busy/i.test(String(cause));
    throw new Error(
      busy
        ? `${path} is in use by another agent; give each agent its own workFolder`
        : `${path} cannot be opened`,
      {
        cause,
      },
    );
  }
}

function toEntry(row: Record<string, unknown>): JournalEntry {
  const { pid, processIdentity } = row;
  return {
    attemptId: String(row['attemptId']),
    commandId: String(row['commandId']),
    run: Number(row['run']),
    attempt: Number(row['attempt']),
    fence: Number(row['fence']),
    state: row['state'] === 'started' ? 'started' : 'claimed',
    traceparent: optionalText(row['traceparent']),
    startedAt: optionalText(row['startedAt']),
    process:
      typeof pid === 'number' && typeof processIdentity === 'string'
        ? { pid, identity: processIdentity }
        : undefined,
  };
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
