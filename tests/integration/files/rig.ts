import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { type FileRouteOptions, fileRoutes } from '../../../functions/http/files.ts';
import { historyRoutes } from '../../../functions/http/history.ts';
import { itemRoutes } from '../../../functions/http/items.ts';
import { routingRoutes } from '../../../functions/http/routings.ts';
import type { Database } from '../../../shared/data/index.ts';
import type { ContentStore } from '../../../shared/files/index.ts';
import { createPipeline } from '../../../shared/http/index.ts';
import type { OutgoingMessage } from '../../../shared/messaging/index.ts';
import { type TestBlobs, startAzurite } from '../../support/azurite.ts';
import { createTestDatabase } from '../../support/database.ts';
import { type Reply, call, principal, tokensOf } from '../../support/http-pipeline.ts';

export const CALLERS = {
  machinist: principal('machinist', 'Mcms.Machinist'),
  reader: principal('reader', 'Mcms.Reader'),
  engineer: principal('engineer', 'Mcms.Engineer'),
  colleague: principal('colleague', 'Mcms.Engineer'),
  approver: principal('approver', 'Mcms.Approver'),
  operator: principal('operator', 'Mcms.Operator'),
  admin: principal('admin', 'Mcms.Admin'),
  cmdhost: principal('cmdhost', 'Mcms.CmdHost'),
};
export type Caller = keyof typeof CALLERS;

export interface SentMessage extends OutgoingMessage {
  readonly queue: string;
}

export interface UploadFacts {
  readonly fileId: string;
  readonly uploadUrl: string;
  readonly blockSizeBytes: number;
  readonly expiresAt: string;
}

/** Now, and moved on by hand. */
export class MovableClock {
  #offsetMs = 0;
  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }
  pass(ms: number): void {
    this.#offsetMs += ms;
  }
}

export interface FilesRig {
  readonly blobs: TestBlobs;
  readonly database: Database;
  readonly clock: MovableClock;
  readonly content: ContentStore;
  readonly sent: SentMessage[];
  /** What the functions beside the HTTP ones are given. */
  readonly deps: Parameters<typeof fileRoutes>[0];
  send(method: string, target: string, request?: { as?: Caller; json?: unknown }): Promise<Reply>;
  /** A new routing with a Draft. */
  routing(): Promise<string>;
  start(routingId: string, bytes: Uint8Array, changes?: Record<string, unknown>): Promise<UploadFacts>;
  complete(fileId: string, bytes: Uint8Array, as?: Caller): Promise<Reply>;
  /** Start, one put, complete. */
  upload(routingId: string, bytes: Uint8Array, changes?: Record<string, unknown>): Promise<string>;
  /** What a reader downloads by the 302 link. */
  download(fileId: string, headers?: Record<string, string>): Promise<Response>;
  files(routingId: string): Promise<Record<string, unknown>[]>;
  history(routingId: string): Promise<Record<string, unknown>[]>;
}

/** The API of files, routings and history behind the real pipeline, on SQLite and Azurite of their own. */
export async function createFilesRig(
  options: FileRouteOptions = {},
  { isBrokerAway = () => false }: { readonly isBrokerAway?: () => boolean } = {},
): Promise<FilesRig> {
  const [blobs, { database }] = await Promise.all([startAzurite(), createTestDatabase()]);
  const clock = new MovableClock();
  // Links go by the real clock, as the store does.
  const content = await blobs.contentStore();
  const sent: SentMessage[] = [];
  const sender = {
    send: async (queue: string, message: OutgoingMessage) => {
      if (isBrokerAway()) throw new Error('the broker is away');
      sent.push({ queue, ...message });
    },
    close: async () => undefined,
  };
  const deps = { database, clock, content, sender };
  const routes = [
    ...fileRoutes(deps, options),
    ...itemRoutes(deps),
    ...routingRoutes(deps),
    ...historyRoutes(deps),
  ];
  const pipeline = createPipeline({ authenticator: tokensOf(CALLERS), clock, checkResponses: true });
  const send: FilesRig['send'] = (method, target, { as = 'engineer', json } = {}) => {
    const path = target.split('?')[0] ?? '';
    const route = routes.find((one) => one.method === method && matches(one.path, path));
    if (!route) throw new Error(`no route for ${method} ${target}`);
    const params = paramsOf(route.path, path);
    return call(pipeline, route, { target, params, json, headers: { authorization: `Bearer ${as}` } });
  };
  const start: FilesRig['start'] = async (routingId, bytes, changes = {}) => {
    const json = { fileName: 'O1001.nc', sizeBytes: bytes.length, ...changes };
    const started = await send('POST', `routings/${routingId}/files`, { json });
    expect(started).toMatchObject({ status: 201 });
    return started.json as unknown as UploadFacts;
  };
  const complete: FilesRig['complete'] = (fileId, bytes, as) =>
    send('POST', `files/${fileId}/complete`, { json: { sha256: sha256Of(bytes) }, ...(as && { as }) });
  return {
    blobs,
    database,
    clock,
    content,
    sent,
    deps,
    send,
    start,
    complete,
    routing: async () => {
      const itemCode = `I-${randomUUID().slice(0, 8)}`;
      await send('POST', 'items', { json: { itemCode, name: 'Housing' } });
      await send('POST', `items/${itemCode}/revisions`, { json: { revisionCode: 'A' } });
      const json = { itemCode, revisionCode: 'A', routingCode: 'R1', name: 'Milling', machine: 'DMU 50' };
      const created = await send('POST', 'routings', { json });
      expect(created.status).toBe(201);
      return String(created.json['routingId']);
    },
    upload: async (routingId, bytes, changes) => {
      const { fileId, uploadUrl } = await start(routingId, bytes, changes);
      expect((await putBlob(uploadUrl, bytes)).status).toBe(201);
      expect(await complete(fileId, bytes)).toMatchObject({ status: 200, json: { status: 'Available' } });
      return fileId;
    },
    download: async (fileId, headers = {}) => {
      const link = await send('GET', `files/${fileId}/content`);
      expect(link.status).toBe(302);
      return fetch(link.headers.get('location') ?? '', { headers });
    },
    files: async (routingId) =>
      (await send('GET', `routings/${routingId}`)).json['files'] as Record<string, unknown>[],
    history: async (routingId) =>
      (await send('GET', `history?routingId=${routingId}`)).json['value'] as Record<string, unknown>[],
  };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes like no others. */
export function someBytes(count: number): Buffer {
  return randomBytes(count);
}

export function putBlob(url: string, bytes: Uint8Array): Promise<Response> {
  return fetch(url, {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: new Uint8Array(bytes),
  });
}

/** Block id by the convention of the API. */
export function blockId(index: number, bytes: Uint8Array): string {
  return Buffer.from(`${String(index).padStart(6, '0')}-${sha256Of(bytes).slice(0, 16)}`).toString('base64');
}

export function putBlock(url: string, index: number, bytes: Uint8Array): Promise<Response> {
  const id = encodeURIComponent(blockId(index, bytes));
  return fetch(`${url}&comp=block&blockid=${id}`, { method: 'PUT', body: new Uint8Array(bytes) });
}

export function putBlockList(url: string, ids: readonly string[]): Promise<Response> {
  const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${ids
    .map((id) => `<Latest>${id}</Latest>`)
    .join('')}</BlockList>`;
  return fetch(`${url}&comp=blocklist`, { method: 'PUT', body });
}

/** `bytes` in blocks of `size`. */
export function blocksOf(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
}

function matches(template: string, path: string): boolean {
  const parts = template.split('/');
  const segments = path.split('/');
  return (
    parts.length === segments.length &&
    parts.every((part, index) => part.startsWith('{') || part === segments[index])
  );
}

function paramsOf(template: string, path: string): Record<string, string> {
  const segments = path.split('/');
  return Object.fromEntries(
    template
      .split('/')
      .flatMap((part, index) =>
        part.startsWith('{') ? [[part.slice(1, -1), decodeURIComponent(segments[index] ?? '')]] : [],
      ),
  );
}
