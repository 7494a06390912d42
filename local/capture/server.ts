import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { type RunningService, portTakenMessage } from '../child.ts';
import { hasCode } from '../state-file.ts';
import { CAPTURE_PATHS, captureUrl } from './addresses.ts';
import { FaultSwitches, faultOrder } from './faults.ts';
import type { CaptureChannel } from './messages.ts';
import { messagesPage } from './page.ts';
import { RepeatMemory } from './repeats.ts';
import {
  type Answer,
  type ServiceState,
  mailOperation,
  refusal,
  takeMail,
  takePost,
  takeSms,
} from './services.ts';
import { type SignedRequest, isSigned } from './sign-in.ts';
import { MessageStore } from './store.ts';

const HOST = '127.0.0.1';
const MAX_BODY_BYTES = 1024 * 1024;

export interface CaptureOptions {
  /** 0 asks the system for a port. */
  readonly port: number;
  readonly stateDir: string;
  /** For what it notes and how long it knows repetitions; the age of a signature is that of the sender's clock, which is real. */
  readonly now: () => Date;
}

/** Takes what the product sends to people, and shows it. */
export async function startCapture(options: CaptureOptions): Promise<RunningService> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        hasCode(error, 'EADDRINUSE') ? new Error(portTakenMessage(options.port, 'MCMS_CAPTURE_PORT')) : error,
      ),
    );
    server.listen(options.port, HOST, () => {
      const address = server.address();
      if (address === null || typeof address === 'string')
        reject(new Error('the capture server has no TCP address'));
      else resolve(address.port);
    });
  });
  const url = captureUrl(port);
  const capture = new Capture(options, url);
  server.on('request', (request, response) => void capture.respond(request, response));
  return {
    facts: { port, url },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

class Capture {
  readonly #state: ServiceState;
  readonly #faults = new FaultSwitches();

  constructor({ stateDir, now }: CaptureOptions, url: string) {
    const store = new MessageStore(join(stateDir, 'notifications.ndjson'), now);
    this.#state = { store, repeats: new RepeatMemory(now), url };
  }

  async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', this.#state.url);
      // A page that points a name of its own at 127.0.0.1 (DNS rebinding) sends that name here.
      if (request.headers.host !== new URL(this.#state.url).host) return send(response, { status: 421 });
      const body = await readBody(request);
      const asked = {
        method: request.method ?? 'GET',
        pathAndQuery: url.pathname + url.search,
        headers: request.headers,
        body,
      };
      const channel = channelOf(asked.method, url.pathname);
      if (channel) await this.#take(channel, asked, response);
      else this.#show(asked, url, response);
    } catch (error) {
      if (response.headersSent || response.destroyed) return;
      const refused = error instanceof z.ZodError || error instanceof SyntaxError;
      if (!refused) console.error(`capture: ${String(error)}`);
      send(response, refused ? refusal(400, 'BadRequest') : refusal(500, 'InternalServerError'));
    }
  }

  async #take(channel: CaptureChannel, asked: SignedRequest, response: ServerResponse): Promise<void> {
    const fault = this.#faults.next(channel);
    const delayMs = this.#faults.delayMs(channel);
    if (delayMs > 0) await delay(delayMs);
    if (fault.kind === 'drop') return void response.destroy();
    if (fault.kind === 'refuse') {
      const headers: Record<string, string> =
        fault.retryAfter === undefined ? {} : { 'Retry-After': String(fault.retryAfter) };
      return send(response, { ...refusal(fault.status, 'Refused'), headers });
    }
    if (channel !== 'teams' && !isSigned(asked, new Date())) return send(response, refusal(401, 'Denied'));
    const answer = TAKE[channel](this.#state, asked);
    if (fault.kind === 'dropAnswer') return void response.destroy();
    send(response, answer);
  }

  #show({ method, headers, body }: SignedRequest, url: URL, response: ServerResponse): void {
    const { messages } = this.#state.store;
    if (method === 'GET' && url.pathname === CAPTURE_PATHS.page)
      return sendPage(response, messagesPage(messages));
    if (method === 'GET' && url.pathname === CAPTURE_PATHS.messages) {
      const channel = url.searchParams.get('channel');
      const value = channel === null ? messages : messages.filter((message) => message.channel === channel);
      return send(response, { status: 200, body: { value } });
    }
    // Only browsers send Origin; no page may break things here.
    if (method === 'POST' && url.pathname === CAPTURE_PATHS.faults && headers.origin === undefined) {
      this.#faults.set(faultOrder.parse(JSON.parse(body.toString('utf8'))));
      return send(response, { status: 204 });
    }
    if (method === 'GET' && url.pathname.startsWith(CAPTURE_PATHS.emailOperations))
      return send(response, mailOperation(url.pathname.slice(CAPTURE_PATHS.emailOperations.length)));
    send(response, refusal(404, 'NotFound'));
  }
}

const TAKE: Readonly<Record<CaptureChannel, (state: ServiceState, asked: SignedRequest) => Answer>> = {
  teams: takePost,
  email: takeMail,
  sms: takeSms,
};

function channelOf(method: string, path: string): CaptureChannel | undefined {
  if (method !== 'POST') return undefined;
  if (path === CAPTURE_PATHS.teams) return 'teams';
  if (path === CAPTURE_PATHS.email) return 'email';
  return path === CAPTURE_PATHS.sms ? 'sms' : undefined;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_BODY_BYTES) throw new SyntaxError(`a body of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    ...(body === undefined ? {} : { 'Content-Type': 'application/json; charset=utf-8' }),
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

function sendPage(response: ServerResponse, page: string): void {
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    'Content-Length': Buffer.byteLength(page),
  });
  response.end(page);
}
