import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { messageOf } from './errors.ts';
import type { HistoryEvent } from './history.ts';
import type { Instance, RuntimeStatus } from './instance.ts';
import { schema, schemaVersion } from './schema.ts';

/** How long a start waits for a predecessor that is still letting go of the file. */
const busyTimeoutMs = 1_000;

export interface PendingActivity {
  readonly seq: number;
  readonly instance: number;
  readonly instanceId: string;
  readonly taskId: number;
  readonly name: string;
  readonly input: string;
}

export interface InstanceFilter {
  readonly statuses?: readonly RuntimeStatus[];
  /** Milliseconds since the epoch, both inclusive. */
  readonly createdFrom?: number;
  readonly createdTo?: number;
  readonly idPrefix?: string;
}

const instanceColumns = `instance.seq, instance_id AS instanceId, instance.name, status, instance.input, output,
  custom_status AS customStatus, generation, created_at AS createdAt, updated_at AS updatedAt`;

/** The SQLite file. Every method is one statement or belongs into a `transaction`; nothing here decides anything. */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** @throws when another process holds the file, or an incompatible version wrote it. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    try {
      // Exclusive: a second host on the same file would run every activity twice.
      this.#database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;');
      this.#database.exec('PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;');
      this.#migrate(path);
    } catch (error) {
      this.#database.close();
      throw new Error(`the Durable Task database ${path} cannot be opened: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }

  transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  // Instances

  insertInstance(instanceId: string, name: string, input: string | null, at: number): number {
    const { lastInsertRowid } = this.#run(
      `INSERT INTO instance (instance_id, name, status, input, created_at, updated_at) VALUES (?, ?, 'Pending', ?, ?, ?)`,
      instanceId,
      name,
      input,
      at,
      at,
    );
    return Number(lastInsertRowid);
  }

  instanceById(instanceId: string): Instance | undefined {
    return this.#get<Instance>(`SELECT ${instanceColumns} FROM instance WHERE instance_id = ?`, instanceId);
  }

  instanceBySeq(seq: number): Instance | undefined {
    return this.#get<Instance>(`SELECT ${instanceColumns} FROM instance WHERE seq = ?`, seq);
  }

  /** Instances after `afterSeq` in the order they were started, at most `limit`. */
  listInstances(filter: InstanceFilter, afterSeq: number, limit: number): Instance[] {
    return this.#all<Instance>(
      `SELECT ${instanceColumns} FROM instance WHERE seq > ? AND created_at >= ? AND created_at <= ?
        AND substr(instance_id, 1, length(?)) = ? AND (? IS NULL OR status IN (SELECT value FROM json_each(?)))
        ORDER BY seq LIMIT ?`,
      afterSeq,
      filter.createdFrom ?? 0,
      filter.createdTo ?? Number.MAX_SAFE_INTEGER,
      filter.idPrefix ?? '',
      filter.idPrefix ?? '',
      ...twice(filter.statuses === undefined ? null : JSON.stringify(filter.statuses)),
      limit,
    );
  }

  deleteInstance(seq: number): void {
    this.#run('DELETE FROM instance WHERE seq = ?', seq);
  }

  setStatus(seq: number, status: RuntimeStatus, at: number): void {
    this.#run('UPDATE instance SET status = ?, updated_at = ? WHERE seq = ?', status, at, seq);
  }

  setResult(seq: number, output: string | null, customStatus: string | null): void {
    this.#run('UPDATE instance SET output = ?, custom_status = ? WHERE seq = ?', output, customStatus, seq);
  }

  /** Starts the next generation of an instance with an empty history. */
  restartInstance(seq: number, input: string, at: number): void {
    this.#run('DELETE FROM history WHERE instance = ?', seq);
    this.#run(
      'UPDATE instance SET generation = generation + 1, input = ?, created_at = ?, updated_at = ? WHERE seq = ?',
      input,
      at,
      at,
      seq,
    );
  }

  // History and inbox

  history(instance: number): HistoryEvent[] {
    return this.#all<HistoryEvent>(
      'SELECT type, ref, name, at, body FROM history WHERE instance = ? ORDER BY position',
      instance,
    );
  }

  appendHistory(instance: number, events: readonly HistoryEvent[]): void {
    const last = this.#get<{ position: number | null }>(
      'SELECT max(position) AS position FROM history WHERE instance = ?',
      instance,
    );
    let position = (last?.position ?? -1) + 1;
    for (const { type, ref, name, at, body } of events)
      this.#run(
        'INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)',
        instance,
        position++,
        type,
        ref,
        name,
        at,
        body,
      );
  }

  inbox(instance: number): (HistoryEvent & { readonly seq: number })[] {
    return this.#all(
      'SELECT seq, type, ref, name, at, body FROM inbox WHERE instance = ? ORDER BY seq',
      instance,
    );
  }

  appendInbox(instance: number, { type, ref, name, at, body }: HistoryEvent): void {
    this.#run(
      'INSERT INTO inbox (instance, type, ref, name, at, body) VALUES (?, ?, ?, ?, ?, ?)',
      instance,
      type,
      ref,
      name,
      at,
      body,
    );
  }

  /** Removes an instance's events up to and with `throughSeq` (default: all). */
  clearInbox(instance: number, throughSeq = Number.MAX_SAFE_INTEGER): void {
    this.#run('DELETE FROM inbox WHERE instance = ? AND seq <= ?', instance, throughSeq);
  }

  /** Instances that a turn would bring on: unseen events, neither finished nor suspended. */
  runnableInstances(): number[] {
    return this.#all<{ seq: number }>(
      `SELECT seq FROM instance WHERE status IN ('Pending', 'Running')
        AND EXISTS (SELECT 1 FROM inbox WHERE inbox.instance = instance.seq) ORDER BY seq`,
    ).map((row) => row.seq);
  }

  // Activities

  insertActivity(instance: number, taskId: number, name: string, input: string): void {
    this.#run(
      'INSERT INTO activity (instance, task_id, name, input) VALUES (?, ?, ?, ?)',
      instance,
      taskId,
      name,
      input,
    );
  }

  /** Activities after `afterSeq`, oldest first. */
  nextActivities(afterSeq: number, limit: number): PendingActivity[] {
    return this.#all<PendingActivity>(
      `SELECT activity.seq, activity.instance, instance_id AS instanceId, task_id AS taskId, activity.name, activity.input
        FROM activity JOIN instance ON instance.seq = activity.instance WHERE activity.seq > ? ORDER BY activity.seq LIMIT ?`,
      afterSeq,
      limit,
    );
  }

  /** False when the activity is not wanted any more: its instance ended, or was purged or started anew. */
  deleteActivity(seq: number): boolean {
    return this.#run('DELETE FROM activity WHERE seq = ?', seq).changes === 1;
  }

  // Timers

  insertTimer(instance: number, timerId: number, fireAt: number): void {
    this.#run('INSERT INTO timer VALUES (?, ?, ?)', instance, timerId, fireAt);
  }

  deleteTimer(instance: number, timerId: number): void {
    this.#run('DELETE FROM timer WHERE instance = ? AND timer_id = ?', instance, timerId);
  }

  nextDue(): number | undefined {
    return this.#get<{ due: number | null }>('SELECT min(fire_at) AS due FROM timer')?.due ?? undefined;
  }

  dueTimers(now: number, limit: number): { instance: number; timerId: number; fireAt: number }[] {
    return this.#all(
      'SELECT instance, timer_id AS timerId, fire_at AS fireAt FROM timer WHERE fire_at <= ? ORDER BY fire_at LIMIT ?',
      now,
      limit,
    );
  }

  /** Drops everything an ended instance still had out. */
  clearWork(instance: number): void {
    for (const table of ['inbox', 'activity', 'timer'])
      this.#run(`DELETE FROM ${table} WHERE instance = ?`, instance);
  }

  #migrate(path: string): void {
    const version = Number(this.#get<{ user_version: number }>('PRAGMA user_version')?.user_version);
    if (version === schemaVersion) return;
    if (version !== 0)
      throw new Error(`${path} was written by another version (${version}); delete it to start afresh`);
    this.transaction(() => this.#database.exec(schema));
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: SQLInputValue[]): ReturnType<StatementSync['run']> {
    return this.#statement(sql).run(...values);
  }

  #get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined;
  }

  #all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#statement(sql).all(...values) as T[];
  }
}

function twice<T>(value: T): [T, T] {
  return [value, value];
}
