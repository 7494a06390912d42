import { createHash, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  type AnnounceRequest,
  announceRequest,
  claimRequest,
  type HeartbeatRequest,
  heartbeatRequest,
  type HeartbeatAnswer,
  type Job,
  outputsRequest,
} from '../../../shared/cam-commands/contracts.ts';

interface Claim {
  readonly claimId: string;
  readonly attemptId: string | undefined;
}

/** What happens to the next request whose path ends so, instead of the usual answer. */
interface Fault {
  readonly path: string;
  readonly act: (response: ServerResponse) => void;
  /** The request is carried out first; only its answer is lost. */
  readonly afterwards?: boolean;
}

/**
 * Stands in for MCMS.Api and for the blobs behind its SAS: speaks `contracts.ts`, refuses what it does not allow, and remembers
 * everything. Also issues the tokens it asks for.
 */
export class FakeApi {
  readonly announces: AnnounceRequest[] = [];
  readonly claims: Claim[] = [];
  readonly heartbeats: ({ readonly attemptId: string } & HeartbeatRequest)[] = [];
  readonly uploads = new Map<string, Buffer>();
  tokenRequests = 0;
  /** Answer to every heartbeat of the attempt; 409 for `lease-lost`. */
  readonly heartbeatAnswers = new Map<string, HeartbeatAnswer['action'] | 'lease-lost'>();
  readonly #changes = new EventEmitter().setMaxListeners(0);
  readonly #waiting: Job[] = [];
  readonly #given = new Map<string, Job>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #faults: Fault[] = [];
  #server: Server | undefined;
  #port = 0;
  #away = false;
  #requests = 0;

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : undefined);
      });
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** From now on every request breaks off, as if nobody were there. */
  away(away: boolean): void {
    this.#away = away;
  }

  /** Puts work in line; without a bell the agent finds it by asking. */
  offer(...jobs: Job[]): void {
    this.#waiting.push(...jobs);
  }

  addBlob(content: Buffer): { url: string; sizeBytes: number; sha256: string } {
    const id = randomUUID();
    this.#blobs.set(`/blobs/${id}`, content);
    return {
      url: `${this.url}/blobs/${id}?sig=secret`,
      sizeBytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    };
  }

  failNext(...faults: Fault[]): void {
    this.#faults.push(...faults);
  }

  /** Resolves with the first value other than undefined that `look` gives, now or after a request. */
  async seen<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise((resolve) => this.#changes.once('request', resolve));
    }
  }

  /** Resolves after this many further requests, answered or not. */
  async arrived(count: number): Promise<void> {
    const until = this.#requests + count;
    await this.seen(() => (this.#requests >= until ? true : undefined));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const body = await buffer(request);
    this.#requests += 1;
    if (this.#away) {
      request.socket.destroy();
      this.#changes.emit('request');
      return;
    }
    const index = this.#faults.findIndex((fault) => path.endsWith(fault.path));
    const [fault] = index < 0 ? [] : this.#faults.splice(index, 1);
    if (fault && !fault.afterwards) fault.act(response);
    else if (fault) this.#route(request, path, body, lostAnswer(response, fault));
    else this.#route(request, path, body, response);
    this.#changes.emit('request');
  }

  #route(request: IncomingMessage, path: string, body: Buffer, response: Answer): void {
    if (path.startsWith('/blobs/')) return this.#blob(request, path, body, response);
    if (path === '/token') {
      this.tokenRequests += 1;
      return json(response, 200, { token_type: 'Bearer', expires_in: 3600, access_token: 'agent-token' });
    }
    if (request.headers.authorization !== 'Bearer agent-token') return json(response, 401, {});
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    const [, attemptId = '', action] = /^\/api\/agent\/attempts\/([^/]+)\/(\w+)$/.exec(path) ?? [];
    if (path === '/api/agent/announce') return this.#announce(parsed, response);
    if (path === '/api/agent/claim') return this.#claim(parsed, response);
    if (action === 'heartbeat') return this.#heartbeat(attemptId, parsed, response);
    if (action === 'outputs') return this.#outputs(attemptId, parsed, response);
    json(response, 404, {});
  }

  #announce(body: unknown, response: Answer): void {
    this.announces.push(announceRequest.parse(body));
    json(response, 200, { schemaVersion: 1, workstationId: randomUUID() });
  }

  #claim(body: unknown, response: Answer): void {
    const { claimId } = claimRequest.parse(body);
    const given = this.#given.get(claimId) ?? this.#waiting.shift();
    this.claims.push({ claimId, attemptId: given?.attemptId });
    if (!given) return void response.writeHead(204).end();
    this.#given.set(claimId, given);
    json(response, 200, given);
  }

  #heartbeat(attemptId: string, body: unknown, response: Answer): void {
    this.heartbeats.push({ attemptId, ...heartbeatRequest.parse(body) });
    const action = this.heartbeatAnswers.get(attemptId) ?? 'continue';
    if (action === 'lease-lost') return json(response, 409, { type: 'urn:mcms:problem:lease-lost' });
    json(response, 200, {
      schemaVersion: 1,
      action,
      leaseUntil: new Date(Date.now() + 60_000).toISOString(),
    });
  }

  #outputs(attemptId: string, body: unknown, response: Answer): void {
    const { files } = outputsRequest.parse(body);
    json(response, 200, {
      schemaVersion: 1,
      files: files.map(({ fileName }) => ({
        fileName,
        uploadUrl: `${this.url}/blobs/${attemptId}/${encodeURIComponent(fileName)}?sig=secret`,
        expiresAt: new Date(Date.now() + 60_000).toISOString(),
      })),
    });
  }

  /** Get Blob and Put Blob, as far as the SDK uses them for small files. */
  #blob(request: IncomingMessage, path: string, body: Buffer, response: Answer): void {
    if (request.method === 'PUT') {
      this.uploads.set(decodeURIComponent(path.slice('/blobs/'.length)), body);
      return void response.writeHead(201, { etag: '"1"' }).end();
    }
    const content = this.#blobs.get(path);
    if (!content) return void response.writeHead(404, { 'x-ms-error-code': 'BlobNotFound' }).end();
    response.writeHead(200, { etag: '"1"', 'content-length': content.length }).end(content);
  }
}

type Answer = Pick<ServerResponse, 'writeHead' | 'end'>;

/** Carries the request out, then loses the answer. */
function lostAnswer(response: ServerResponse, fault: Fault): Answer {
  const lose = (): ServerResponse => {
    fault.act(response);
    return response;
  };
  return { writeHead: () => response, end: lose };
}

function json(response: Answer, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
