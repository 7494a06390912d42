import type { z } from 'zod';
import {
  announceAnswer,
  type AnnounceRequest,
  type ClaimRequest,
  heartbeatAnswer,
  type HeartbeatAnswer,
  type HeartbeatRequest,
  job,
  type Job,
  outputsAnswer,
  type OutputsRequest,
} from '../shared/cam-commands/contracts.ts';
import { currentTraceparent } from '../shared/telemetry/index.ts';
import { ApiRefusedError, ApiUnavailableError, LeaseLostError, UnreadableJobError } from './errors.ts';
import type { AgentCredential } from './token.ts';

/**
 * The agent's part of MCMS.Api. Every call is one request, ended by a time-out of its own or by `signal`; who calls decides about trying again.
 * All throw `ApiUnavailableError` or `ApiRefusedError`, those about an attempt also `LeaseLostError`.
 */
export interface ApiClient {
  announce(body: AnnounceRequest, signal: AbortSignal): Promise<void>;
  /** Undefined when nothing waits for this agent. */
  claim(body: ClaimRequest, signal: AbortSignal): Promise<Job | undefined>;
  heartbeat(attemptId: string, body: HeartbeatRequest, signal: AbortSignal): Promise<HeartbeatAnswer>;
  outputs(
    attemptId: string,
    body: OutputsRequest,
    signal: AbortSignal,
  ): Promise<z.infer<typeof outputsAnswer>>;
}

export interface ApiClientOptions {
  /** Without `/api`. */
  readonly apiUrl: string;
  readonly scope: string;
  readonly credential: AgentCredential;
  /** Told of each answer, whatever it says. */
  readonly onContact?: () => void;
}

const TIMEOUT_MS = 30_000;
/** What every version says of an attempt. */
const attemptIdentity = job.pick({ commandId: true, run: true, attempt: true, attemptId: true, fence: true });
const PASSING: ReadonlySet<number> = new Set([401, 408, 425, 429]);

export function createApiClient(options: ApiClientOptions): ApiClient {
  const base = `${options.apiUrl.replace(/\/+$/, '')}/api/agent`;

  const post = async (path: string, body: unknown, signal: AbortSignal): Promise<Response> => {
    const token = await tokenFor(options);
    const traceparent = currentTraceparent();
    try {
      const response = await fetch(`${base}/${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...(traceparent ? { traceparent } : {}),
        },
        body: JSON.stringify(body),
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      options.onContact?.();
      if (response.status === 401) options.credential.forget();
      return response;
    } catch (cause) {
      throw new ApiUnavailableError(`${path}: no answer from ${options.apiUrl}`, { cause });
    }
  };

  return {
    async announce(body, signal) {
      await read(announceAnswer, await accepted(await post('announce', body, signal)));
    },
    async claim(body, signal) {
      const response = await accepted(await post('claim', body, signal));
      return response.status === 204 ? undefined : readJob(response);
    },
    async heartbeat(attemptId, body, signal) {
      return read(heartbeatAnswer, await held(await post(`attempts/${attemptId}/heartbeat`, body, signal)));
    },
    async outputs(attemptId, body, signal) {
      return read(outputsAnswer, await held(await post(`attempts/${attemptId}/outputs`, body, signal)));
    },
  };
}

/** A failure to get a token passes, as far as can be told: a certificate may be registered any minute. */
async function tokenFor({ credential, scope }: ApiClientOptions): Promise<string> {
  try {
    const token = await credential.getToken(scope);
    if (token) return token.token;
  } catch (cause) {
    throw new ApiUnavailableError('no token from the identity service', { cause });
  }
  throw new ApiUnavailableError('no token from the identity service');
}

async function held(response: Response): Promise<Response> {
  if (response.status === 409) {
    await response.body?.cancel();
    throw new LeaseLostError();
  }
  return accepted(response);
}

async function accepted(response: Response): Promise<Response> {
  if (response.ok) return response;
  const detail = (await response.text().catch(() => '')).slice(0, 500);
  const message = `${new URL(response.url).pathname} answered ${response.status}: ${detail}`;
  if (response.status >= 500 || PASSING.has(response.status))
    throw new ApiUnavailableError(message, {
      retryAfterMs: retryAfterMs(response.headers.get('retry-after')),
    });
  throw new ApiRefusedError(message, response.status);
}

async function read<S extends z.ZodType>(schema: S, response: Response): Promise<z.output<S>> {
  return checked(schema, response, await bodyOf(response));
}

/** @throws {UnreadableJobError} when it says at least whose attempt it is */
async function readJob(response: Response): Promise<Job> {
  const body = await bodyOf(response);
  try {
    return checked(job, response, body);
  } catch (error) {
    const attempt = attemptIdentity.safeParse(body);
    if (error instanceof ApiRefusedError && attempt.success)
      throw new UnreadableJobError(error, attempt.data);
    throw error;
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (cause) {
    throw new ApiUnavailableError(`${new URL(response.url).pathname}: the answer broke off`, { cause });
  }
}

/** @throws {ApiRefusedError} that names what is wrong */
function checked<S extends z.ZodType>(schema: S, response: Response, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new ApiRefusedError(
    `${new URL(response.url).pathname} answered what it must not: ${fields}`,
    response.status,
  );
}

/** RFC 9110 section 10.2.3: seconds, or a date. */
function retryAfterMs(value: string | null): number | undefined {
  if (value === null) return undefined;
  const seconds = Number(value);
  const delayMs = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return Number.isNaN(delayMs) ? undefined : Math.min(Math.max(delayMs, 0), 5 * 60_000);
}
