import { AppError } from '../errors.ts';

/** Refusals of this area: code → status and sentence. */
const KINDS = {
  'dead-letter-not-found': [404, 'There is no such message (any more).'],
  'dead-letter-source-unknown': [
    409,
    'The message does not name a queue of this product to go back to; discard it, or send it anew.',
  ],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type DeadLetterErrorCode = keyof typeof KINDS;

export class DeadLetterError extends AppError {
  override readonly name = 'DeadLetterError';

  constructor(code: DeadLetterErrorCode) {
    const [httpStatus, message] = KINDS[code];
    super({ code, httpStatus, message });
  }
}
