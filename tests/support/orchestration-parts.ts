import { createHash } from 'node:crypto';
import { type Database, DatabaseUnavailableError, type Queries } from '../../shared/data/index.ts';
import type { ContentStore } from '../../shared/files/index.ts';
import { UnavailableError } from '../../shared/errors.ts';
import { currentTraceparent } from '../../shared/telemetry/index.ts';
import type { OutgoingMessage, QueueSender } from '../../shared/messaging/index.ts';

export interface SentMessage extends OutgoingMessage {
  readonly queue: string;
}

/** A sender that keeps what it was given. While `away` is set it takes nothing. */
export interface RecordingSender extends QueueSender {
  away: boolean;
  readonly sent: SentMessage[];
  /** Messages of one queue, oldest first. */
  to(queue: string): SentMessage[];
}

export function recordingSender(): RecordingSender {
  const sent: SentMessage[] = [];
  const sender: RecordingSender = {
    away: false,
    sent,
    to: (queue) => sent.filter((message) => message.queue === queue),
    send: async (queue, message) => {
      if (sender.away) throw new UnavailableError(`${queue} is away`, { code: 'queue-unavailable' });
      const traceparent = message.traceparent ?? currentTraceparent();
      const body = JSON.parse(JSON.stringify(message.body)) as unknown;
      sent.push({ queue, ...message, body, ...(traceparent ? { traceparent } : {}) });
    },
    close: async () => {},
  };
  return sender;
}

/** A content store in memory. `put` stands for what an agent uploads through its link. */
export interface MemoryContentStore extends ContentStore {
  away: boolean;
  readonly staged: Map<string, Buffer>;
  /** Digests of verified content. */
  readonly stored: Set<string>;
}

export function memoryContentStore(): MemoryContentStore {
  const staged = new Map<string, Buffer>();
  const stored = new Set<string>();
  const answering = <T>(answer: () => T): Promise<T> =>
    store.away
      ? Promise.reject(new UnavailableError('away', { code: 'storage-unavailable' }))
      : Promise.resolve(answer());
  const link = (path: string, lifetimeMs: number) => ({
    url: `http://127.0.0.1:10000/${path}?sig=secret`,
    expiresAt: new Date(Date.parse('2030-01-01T00:00:00Z') + lifetimeMs),
  });
  const store: MemoryContentStore = {
    away: false,
    staged,
    stored,
    uploadUrl: (name, lifetimeMs) => answering(() => link(`staging/${name}`, lifetimeMs)),
    readUrl: (sha256, _as, lifetimeMs) => answering(() => link(`content/${sha256}`, lifetimeMs)),
    takeIn: (name, expected) =>
      answering(() => {
        const bytes = staged.get(name);
        if (!bytes)
          return stored.has(expected.sha256)
            ? { kind: 'stored' }
            : { kind: 'mismatch', reason: 'nothing was uploaded' };
        if (sha256Of(bytes) !== expected.sha256)
          return { kind: 'mismatch', reason: 'the uploaded bytes have another SHA-256' };
        stored.add(expected.sha256);
        return { kind: 'stored' };
      }),
    uploadedBlocks: () => answering(() => []),
    discard: (name) => answering(() => void staged.delete(name)),
  };
  return store;
}

export function sha256Of(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A database behind a switch: away, or losing the answer to a transaction that it has committed. */
export interface SwitchableDatabase extends Database {
  away: boolean | 'for-writes';
  /** So many of the next transactions commit and then fail, as when the connection breaks before the answer. */
  loseAnswers: number;
}

/** `target` may change from call to call; the switchable database stays the same. */
export function switchableDatabase(target: () => Database): SwitchableDatabase {
  const refuse = (): never => {
    throw new DatabaseUnavailableError(new Error('away'));
  };
  const database: SwitchableDatabase = {
    away: false,
    loseAnswers: 0,
    get dialect() {
      return target().dialect;
    },
    // One object for good, since services keep it.
    read: new Proxy({} as Queries, {
      get(_none, name) {
        if (database.away === true) refuse();
        const { read } = target();
        const member: unknown = Reflect.get(read, name);
        return typeof member === 'function' ? (member.bind(read) as unknown) : member;
      },
    }),
    async readReplica(work) {
      if (database.away === true) refuse();
      return target().readReplica(work);
    },
    async transaction(work) {
      if (database.away) refuse();
      const result = await target().transaction(work);
      if (database.loseAnswers > 0) {
        database.loseAnswers -= 1;
        throw new Error('the connection broke after the commit');
      }
      return result;
    },
    async check() {
      if (database.away === true) refuse();
      await target().check();
    },
    close: () => target().close(),
  };
  return database;
}
