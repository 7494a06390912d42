import { randomUUID } from 'node:crypto';
import type { Role } from '../../shared/auth/roles.ts';
import { until, type TestStack } from '../support/stack.ts';

/** An answer with its body read; `json` is undefined when it is no JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

export interface Call {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: NonNullable<RequestInit['body']>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One person's HTTP calls to a running stack. */
export interface Client {
  /** `path` is below `/api`; redirects are not followed. A write carries a fresh Idempotency-Key. */
  call(method: string, path: string, call?: Call): Promise<Answer>;
  /** The body of a 2xx answer. @throws with the answer's own words otherwise */
  get<T>(path: string): Promise<T>;
  post<T>(path: string, json: unknown): Promise<T>;
}

export interface Routing {
  readonly routingId: string;
  readonly itemCode: string;
  readonly revisionCode: string;
  readonly routingCode: string;
  readonly status: string;
  readonly camRev: number;
  readonly version: number;
}

export interface Command {
  readonly commandId: string;
  readonly status: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly requestedBy: string;
  readonly requestedByKind: string;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly attempts: readonly {
    readonly attemptId: string;
    readonly status: string;
    readonly startedAt: string | null;
    readonly error: { readonly code: string } | null;
  }[];
  readonly files: readonly {
    readonly fileId: string;
    readonly fileName: string;
    readonly role: string;
    readonly sha256: string;
    readonly sizeBytes: number;
  }[];
}

export interface Simulation {
  readonly duration?: string;
  readonly fault?: 'licence-busy' | 'crash' | 'bad-input' | 'hang';
  readonly faultAttempts?: readonly number[];
}

const CALL_LIMIT_MS = 20_000;

/** A client with a token of these roles, default one engineer. */
export async function clientOf(
  stack: TestStack,
  roles: readonly Role[] = ['Mcms.Engineer'],
  name?: string,
): Promise<Client> {
  return clientWith(stack.apiUrl, `Bearer ${await stack.token(roles, name)}`);
}

/** A client that sends this `Authorization`, or none. */
export function clientWith(apiUrl: string, authorization: string | undefined): Client {
  const call: Client['call'] = async (method, path, { json, body, headers } = {}) => {
    const sent = json === undefined ? body : JSON.stringify(json);
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      redirect: 'manual',
      // What fetch asks for before it sends a stream.
      duplex: 'half',
      signal: AbortSignal.timeout(CALL_LIMIT_MS),
      ...(sent === undefined ? {} : { body: sent }),
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
        ...headers,
      },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  };
  const succeed = async <T>(method: string, path: string, json?: unknown): Promise<T> => {
    const answer = await call(method, path, json === undefined ? {} : { json });
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
    return answer.json as T;
  };
  return {
    call,
    get: (path) => succeed('GET', path),
    post: (path, json) => succeed('POST', path, json),
  };
}

/** A Draft routing with two steps, on an item of its own. */
export async function newRouting(client: Client): Promise<Routing> {
  const itemCode = `PART-${randomUUID()}`;
  await client.post('/items', { itemCode, name: 'Bearing block' });
  await client.post(`/items/${itemCode}/revisions`, { revisionCode: 'A' });
  const machine = 'DMG MORI DMU 50';
  return client.post('/routings', {
    itemCode,
    revisionCode: 'A',
    routingCode: 'OP10',
    name: 'First side',
    machine,
    steps: [
      {
        sequence: 10,
        machine,
        processDescription: 'Face top',
        toolInformation: 'T1 FACE MILL D63 S2400 F1500',
      },
      {
        sequence: 20,
        machine,
        processDescription: 'Drill 4 holes',
        toolInformation: 'T4 DRILL D6.8 S3200 F400',
      },
    ],
  });
}

/** Orders an NC program. */
export function order(client: Client, routingId: string, simulation: Simulation = {}): Promise<Command> {
  return client.post(`/routings/${routingId}/commands`, {
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    parameters: { simulation },
  });
}

/** Follows a command until it is in one of these states. */
export async function untilStatus(
  client: Client,
  commandId: string,
  statuses: readonly string[],
  timeoutMs = 60_000,
): Promise<Command> {
  let command: Command | undefined;
  await until(
    async () => {
      command = await client.get<Command>(`/commands/${commandId}`);
      return statuses.includes(command.status);
    },
    () => `command ${commandId} to be ${statuses.join(' or ')}; it is ${JSON.stringify(command)}`,
    timeoutMs,
  );
  if (!command) throw new Error(`command ${commandId} was never read`);
  return command;
}

/** Follows a command to its end. */
export function untilFinal(client: Client, commandId: string, timeoutMs?: number): Promise<Command> {
  return untilStatus(client, commandId, ['Succeeded', 'Failed', 'Cancelled'], timeoutMs);
}

/** The change types of a routing's history, newest first. */
export async function changesOf(client: Client, routingId: string): Promise<string[]> {
  const { value } = await client.get<{ value: { changeType: string }[] }>(`/history?routingId=${routingId}`);
  return value.map(({ changeType }) => changeType);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
