import { ChannelError } from '../errors.ts';

/** The longest a channel's wish to wait is followed. */
const MAX_RETRY_AFTER_MS = 15 * 60_000;

/** A status other than success: 429, time-outs and faults of the service are not the message's. */
export function refusedWith(service: string, status: number, retryAfter?: string | null): ChannelError {
  const away = status === 429 || status === 408 || status >= 500 || status === 401 || status === 403;
  return new ChannelError(`${service} answered ${status}`, {
    away,
    retryAfterMs: retryAfterMs(retryAfter),
  });
}

/** No answer: refused, broken off or too late. */
export function unanswered(service: string, error: unknown): ChannelError {
  const name = error instanceof Error ? error.name : 'unknown';
  const why = name === 'TimeoutError' || name === 'AbortError' ? 'in time' : `(${codeOf(error) ?? name})`;
  return new ChannelError(`${service} did not answer ${why}`, { away: true });
}

function retryAfterMs(header: string | null | undefined): number | undefined {
  if (!header || !/^\d{1,6}$/.test(header)) return undefined;
  return Math.min(Number(header) * 1000, MAX_RETRY_AFTER_MS);
}

/** The code of an error or of its cause: `ECONNREFUSED`. */
function codeOf(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    const code: unknown = Reflect.get(current, 'code');
    if (typeof code === 'string' && /^[A-Z_]+$/.test(code)) return code;
  }
  return undefined;
}
