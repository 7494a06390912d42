import { rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Change, DroppedIndexes, MetadataJournal } from './metadata-journal.ts';

/** Size of the journal from which the files are written whole again. */
const WHOLE_FROM_BYTES = 64 * 1024 * 1024;

/**
 * Azurite keeps blob data in files and everything else in two LokiJS databases in memory, which it writes out whole every 5 s: a kill
 * would lose uploads that were acknowledged seconds ago. This appends each change to a journal before it is acknowledged, at a
 * cost that does not grow with what is stored, and writes the files whole at the start, at the end and when the journal is large.
 */
export class DurableMetadata {
  readonly #databases: readonly LokiDatabase[];
  readonly #journal: MetadataJournal;
  #journalBytes = 0;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** Taken from the databases and not yet known to be in the journal. */
  #pending: Change[] = [];

  /** @param stores of a server that has just read files which the journal was recovered into */
  constructor(
    stores: { extents: LokiDatabase; blobs: LokiDatabase },
    { journal, dropped }: { readonly journal: MetadataJournal; readonly dropped: DroppedIndexes },
  ) {
    // Extents (which file, where) before the blobs that refer to them, wherever both are written.
    this.#databases = [stores.extents, stores.blobs];
    this.#journal = journal;
    for (const database of this.#databases) {
      // From here on only this class writes: Azurite's own timer would mix its order in.
      database.autosaveDisable();
      // A file holds the changes that were pending when it was written: they are in its documents already.
      database.clearChanges();
      for (const collection of database.collections) {
        collection.setChangesApi(true);
        for (const property of dropped.get(database.filename)?.get(collection.name) ?? [])
          collection.ensureIndex(property, true);
      }
    }
  }

  /** Resolves once everything changed before this call is on its file; calls that come together share one write. */
  async flush(): Promise<void> {
    if (this.#running === undefined) return this.#start(() => this.#write());
    this.#next ??= this.#running.then(
      () => this.#start(() => this.#write()),
      () => this.#start(() => this.#write()),
    );
    return this.#next;
  }

  /** Writes the files whole, so that the next start has no journal to read. */
  async close(): Promise<void> {
    await this.flush();
    await this.#start(() => this.#writeWhole());
  }

  #start(work: () => Promise<void>): Promise<void> {
    this.#next = undefined;
    const run = work().finally(() => {
      if (this.#running === run) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }

  async #write(): Promise<void> {
    for (const database of this.#databases) {
      const changes = database.generateChangesNotification();
      database.clearChanges();
      for (const { name, operation, obj } of changes)
        this.#pending.push({ file: database.filename, name, operation, obj });
    }
    if (this.#pending.length === 0) return;
    this.#journalBytes += await this.#journal.append(this.#pending);
    this.#pending = [];
    if (this.#journalBytes >= WHOLE_FROM_BYTES) await this.#writeWhole();
  }

  async #writeWhole(): Promise<void> {
    // Both as they are at one instant. What changes while they are written is in the databases' lists of changes.
    const contents = this.#databases.map((database) => {
      const content = database.serialize();
      return { path: database.filename, content };
    });
    for (const { path, content } of contents) {
      // The name that LokiJS uses for its own temporary file.
      await writeFile(`${path}~`, content);
      await rename(`${path}~`, path);
    }
    await this.#journal.clear();
    this.#journalBytes = 0;
  }
}

/**
 * Holds the answer to each change back until `flush` has resolved; when it fails, the connection is cut instead. Not for a staged
 * block, which is worth nothing before its commit and comes by the hundred in a large upload: those are flushed by the interval.
 */
export function acknowledgeAfterFlush(server: Server, flush: () => Promise<void>): void {
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isChange(request)) holdBack(response, flush);
    for (const listener of listeners) listener.call(server, request, response);
  });
}

function isChange(request: IncomingMessage): boolean {
  if (request.method === 'GET' || request.method === 'HEAD' || request.method === 'OPTIONS') return false;
  return new URL(request.url ?? '/', 'http://localhost').searchParams.get('comp') !== 'block';
}

function holdBack(response: ServerResponse, flush: () => Promise<void>): void {
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  response.end = ((...args: unknown[]) => {
    flush().then(
      () => end(...args),
      (error: unknown) => {
        console.error('azurite: could not write its metadata, the change is not acknowledged:', error);
        response.destroy();
      },
    );
    return response;
  }) as ServerResponse['end'];
}
