import { AppError } from '../errors.ts';

/** Refusals of this area: code → status and sentence. */
const KINDS = {
  'incident-not-found': [404, 'There is no such incident.'],
  'incident-solved': [409, 'The incident is solved already.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export class IncidentError extends AppError {
  override readonly name = 'IncidentError';

  constructor(code: keyof typeof KINDS) {
    const [httpStatus, message] = KINDS[code];
    super({ code, httpStatus, message });
  }
}

/**
 * A channel did not take a message; it will be tried again. The message stands in rows and logs, so it is made here and never taken
 * from an error of a client, which may name the address or the key.
 */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  /** True when the next message would not be taken either: the channel is away, not this message refused. */
  readonly away: boolean;
  /** What the channel asked to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { readonly away: boolean; readonly retryAfterMs?: number | undefined },
  ) {
    super(message);
    this.away = options.away;
    this.retryAfterMs = options.retryAfterMs;
  }
}
