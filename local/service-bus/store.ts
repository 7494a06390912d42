import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { deadLetterProperties, withProperties } from './amqp/content.ts';
import type { MessageContent } from './amqp/content.ts';
import type { Journal, StoredMessage } from './queue/types.ts';

const SCHEMA = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS queue (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    next_sequence INTEGER NOT NULL DEFAULT 1
  ) STRICT;
  CREATE TABLE IF NOT EXISTS message (
    queue_id INTEGER NOT NULL REFERENCES queue (id),
    sequence INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    time_to_live INTEGER,
    scheduled_for INTEGER,
    deliveries INTEGER NOT NULL,
    annotations BLOB NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS message_place ON message (queue_id, sequence);
  CREATE TABLE IF NOT EXISTS seen_message_id (
    queue_id INTEGER NOT NULL REFERENCES queue (id),
    message_id TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (queue_id, message_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS seen_message_id_age ON seen_message_id (queue_id, seen_at);
`;

/** What is stored under one address (a queue or a dead-letter queue). */
export interface QueueStore {
  readonly journal: Journal<MessageContent>;
  readonly nextSequence: number;
  /** All messages in order, without their content. */
  messages(): Iterable<StoredMessage>;
  read(sequence: number): MessageContent | undefined;
  /** Up to `limit` sequence numbers from `from` on, in order. */
  sequencesFrom(from: number, limit: number): number[];
}

/**
 * Messages in SQLite. Changes gather in one transaction until `commit`; what is read sees them. A change that fails leaves
 * memory ahead of the file, so such errors must end the process (the next start reads the last committed state).
 * `synchronous = NORMAL`: a commit survives the death of the process, a power cut may take the last ones.
 */
export class MessageStore {
  readonly #db: DatabaseSync;
  #inTransaction = false;
  /** Written once per commit, however many messages came: queue id → next sequence number. */
  readonly #sequences = new Map<number, number>();
  #setNextSequence: StatementSync | undefined;

  /** Opens the file, or `:memory:`. Throws when another broker holds it. */
  constructor(path: string) {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    this.#db = new DatabaseSync(path);
    try {
      this.#db.exec(SCHEMA);
    } catch (error) {
      this.#db.close();
      if (!String(error).includes('database is locked')) throw error;
      throw new Error(
        `${path} is in use by another Service Bus broker; stop it or set MCMS_STATE_DIR to another folder`,
        {
          cause: error,
        },
      );
    }
  }

  /** Makes everything since the last commit durable. */
  commit(): void {
    if (!this.#inTransaction) return;
    for (const [queueId, next] of this.#sequences) {
      this.#setNextSequence ??= this.#db.prepare('UPDATE queue SET next_sequence = ? WHERE id = ?');
      this.#setNextSequence.run(next, queueId);
    }
    this.#sequences.clear();
    this.#db.exec('COMMIT');
    this.#inTransaction = false;
  }

  close(): void {
    this.commit();
    this.#db.close();
  }

  /** The store of one address; `deadLetterAddress` receives what its journal dead-letters. */
  queue(address: string, deadLetterAddress?: string): QueueStore {
    const own = this.#register(address);
    const dead = deadLetterAddress === undefined ? undefined : this.#register(deadLetterAddress);
    this.commit();
    return queueStore(this.#statements(), own, dead?.id);
  }

  #register(address: string): { id: number; nextSequence: number } {
    this.#begin();
    this.#db
      .prepare('INSERT INTO queue (address) VALUES (?) ON CONFLICT (address) DO NOTHING')
      .run(address.toLowerCase());
    const row = this.#db
      .prepare('SELECT id, next_sequence FROM queue WHERE address = ?')
      .get(address.toLowerCase());
    return { id: Number(row?.['id']), nextSequence: Number(row?.['next_sequence']) };
  }

  #begin(): void {
    if (this.#inTransaction) return;
    this.#db.exec('BEGIN IMMEDIATE');
    this.#inTransaction = true;
  }

  #statements(): Statements {
    const prepare = (sql: string): StatementSync => this.#db.prepare(sql);
    const place = 'WHERE queue_id = ? AND sequence = ?';
    const facts = 'sequence, enqueued_at, time_to_live, scheduled_for, deliveries';
    return {
      begin: () => this.#begin(),
      sequenceReached: (queueId, next) => {
        this.#begin();
        this.#sequences.set(queueId, next);
      },
      insert: prepare(
        `INSERT INTO message (queue_id, ${facts}, annotations, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      ),
      setDeliveries: prepare(`UPDATE message SET deliveries = ? ${place}`),
      setBody: prepare(`UPDATE message SET body = ? ${place}`),
      activate: prepare(`UPDATE message SET sequence = ?, enqueued_at = ?, scheduled_for = NULL ${place}`),
      move: prepare(`UPDATE message SET queue_id = ?, deliveries = ?, body = ? ${place}`),
      remove: prepare(`DELETE FROM message ${place}`),
      forgetIds: prepare('DELETE FROM seen_message_id WHERE queue_id = ? AND seen_at <= ?'),
      rememberId: prepare(
        `INSERT INTO seen_message_id (queue_id, message_id, seen_at) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at WHERE seen_at <= ?`,
      ),
      all: prepare(`SELECT ${facts} FROM message WHERE queue_id = ? ORDER BY sequence`),
      content: prepare(`SELECT annotations, body FROM message ${place}`),
      from: prepare(
        'SELECT sequence FROM message WHERE queue_id = ? AND sequence >= ? ORDER BY sequence LIMIT ?',
      ),
    };
  }
}

/** Ids outside the duplicate window are cleared so often; they count as unseen before that, too. */
const FORGET_EVERY_MS = 1_000;

interface Statements {
  begin(): void;
  sequenceReached(queueId: number, next: number): void;
  readonly insert: StatementSync;
  readonly setDeliveries: StatementSync;
  readonly setBody: StatementSync;
  readonly activate: StatementSync;
  readonly move: StatementSync;
  readonly remove: StatementSync;
  readonly forgetIds: StatementSync;
  readonly rememberId: StatementSync;
  readonly all: StatementSync;
  readonly content: StatementSync;
  readonly from: StatementSync;
}

function queueStore(
  sql: Statements,
  own: { id: number; nextSequence: number },
  deadLetterId: number | undefined,
): QueueStore {
  const read = (sequence: number): MessageContent | undefined => {
    const row = sql.content.get(own.id, sequence);
    return row && { annotations: row['annotations'] as Uint8Array, body: row['body'] as Uint8Array };
  };
  const readExisting = (sequence: number): MessageContent => {
    const content = read(sequence);
    if (!content) throw new Error(`message ${sequence} of queue ${own.id} is not in the store`);
    return content;
  };
  const write = (statement: StatementSync, ...values: (number | string | Uint8Array | null)[]): number => {
    sql.begin();
    return Number(statement.run(...values).changes);
  };
  let forgetAgainMs = Number.NEGATIVE_INFINITY;
  const journal: Journal<MessageContent> = {
    added: (message, content) => {
      write(sql.insert, own.id, ...factsOf(message), content.annotations, content.body);
    },
    delivered: (message) => {
      write(sql.setDeliveries, message.deliveries, own.id, message.sequence);
    },
    propertiesChanged: (message, properties) => {
      const { body } = withProperties(readExisting(message.sequence), properties);
      write(sql.setBody, body, own.id, message.sequence);
    },
    activated: (message, former) => {
      write(sql.activate, message.sequence, message.enqueuedAtMs, own.id, former);
    },
    removed: (message) => {
      write(sql.remove, own.id, message.sequence);
    },
    deadLettered: (message, cause) => {
      if (deadLetterId === undefined) throw new Error('a dead-letter queue has no dead-letter queue');
      const { body } = withProperties(readExisting(message.sequence), deadLetterProperties(cause));
      write(sql.move, deadLetterId, message.deliveries, body, own.id, message.sequence);
    },
    sequenceReached: (nextSequence) => {
      sql.sequenceReached(own.id, nextSequence);
    },
    remember: (messageId, nowMs, sinceMs) => {
      if (sinceMs >= forgetAgainMs) {
        write(sql.forgetIds, own.id, sinceMs);
        forgetAgainMs = sinceMs + FORGET_EVERY_MS;
      }
      return write(sql.rememberId, own.id, messageId, nowMs, sinceMs) === 1;
    },
  };
  return {
    journal,
    nextSequence: own.nextSequence,
    read,
    *messages() {
      for (const row of sql.all.all(own.id)) yield messageOf(row);
    },
    sequencesFrom: (from, limit) => sql.from.all(own.id, from, limit).map((row) => Number(row['sequence'])),
  };
}

function factsOf(message: StoredMessage): (number | null)[] {
  return [
    message.sequence,
    message.enqueuedAtMs,
    message.timeToLiveMs ?? null,
    message.scheduledForMs ?? null,
    message.deliveries,
  ];
}

function messageOf(row: Record<string, unknown>): StoredMessage {
  const optional = (value: unknown): number | undefined => (value === null ? undefined : Number(value));
  return {
    sequence: Number(row['sequence']),
    enqueuedAtMs: Number(row['enqueued_at']),
    timeToLiveMs: optional(row['time_to_live']),
    scheduledForMs: optional(row['scheduled_for']),
    deliveries: Number(row['deliveries']),
  };
}
