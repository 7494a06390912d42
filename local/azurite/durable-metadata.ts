import { rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';

/**
 * Azurite keeps blob data in files and everything else in two LokiJS databases in memory, which it writes out every 5 s: a kill
 * would lose uploads that were acknowledged seconds ago. This writes them before a change is acknowledged, in the order that
 * keeps them consistent: the extents (which file, where) before the blobs that refer to them, both as they were at one instant.
 */
export class DurableMetadata {
  readonly #extents: LokiDatabase;
  readonly #blobs: LokiDatabase;
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  /** After a write that failed LokiJS takes everything for saved. */
  #unwritten = false;

  constructor(stores: { extents: LokiDatabase; blobs: LokiDatabase }) {
    this.#extents = stores.extents;
    this.#blobs = stores.blobs;
    // From here on only this class writes: Azurite's own timer would mix its order in.
    this.#extents.autosaveDisable();
    this.#blobs.autosaveDisable();
  }

  /** Resolves once everything changed before this call is in the files; calls that come together share one write. */
  async flush(): Promise<void> {
    if (this.#running === undefined) return this.#start();
    this.#next ??= this.#running.then(
      () => this.#start(),
      () => this.#start(),
    );
    return this.#next;
  }

  #start(): Promise<void> {
    this.#next = undefined;
    const run = this.#write().finally(() => {
      if (this.#running === run) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }

  async #write(): Promise<void> {
    const pending = [this.#extents, this.#blobs].flatMap((database) => {
      if (!this.#unwritten && !database.autosaveDirty()) return [];
      const content = database.serialize();
      database.autosaveClearFlags();
      return [{ path: database.filename, content }];
    });
    this.#unwritten = pending.length > 0;
    for (const { path, content } of pending) {
      // The name that LokiJS uses for its own temporary file.
      await writeFile(`${path}~`, content);
      await rename(`${path}~`, path);
    }
    this.#unwritten = false;
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
