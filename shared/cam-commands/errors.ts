import { AppError } from '../errors.ts';

/** Refusals of this area: code → status and sentence. */
const KINDS = {
  'command-not-found': [404, 'There is no such command.'],
  'routing-not-found': [404, 'There is no such routing.'],
  'command-type-unknown': [400, 'The application has no such command type.'],
  'parameters-invalid': [400, 'The parameters do not fit the command type.'],
  'command-finished': [409, 'The command has ended already.'],
  'command-not-retryable': [409, 'The command is in no state from which it can be retried.'],
  'retry-id-taken': [409, 'Another retry was asked for with this Idempotency-Key.'],
  'bulk-action-not-found': [404, 'There is no such bulk action.'],
  'bulk-action-finished': [409, 'The bulk action has come to its end.'],
  'bulk-action-id-taken': [409, 'Another bulk action was prepared with this Idempotency-Key.'],
  'bulk-too-many': [422, 'The filter matches more than 10,000 commands: narrow it.'],
  'not-your-command': [403, 'Only the person who ordered it, or an operator, may cancel a command.'],
  'command-id-taken': [409, 'Another order was accepted under this id or Idempotency-Key.'],
  'run-unknown': [409, 'The command has no such run.'],
  'workstation-not-announced': [
    409,
    'This workstation has not announced itself, or did so under another identity.',
  ],
  'workstation-name-taken': [403, 'Another identity has announced this workstation name.'],
  'attempt-not-found': [404, 'There is no such attempt.'],
  'pause-not-found': [404, 'There is no such pause.'],
  'pause-invalid': [400, 'This cannot be paused.'],
  'already-paused': [409, 'The same is paused already.'],
  'pause-ended': [409, 'The pause has ended already.'],
  'lease-lost': [409, 'This attempt is no longer yours: stop the run and report nothing.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type CamCommandErrorCode = keyof typeof KINDS;

export class CamCommandError extends AppError {
  override readonly name = 'CamCommandError';

  constructor(
    code: CamCommandErrorCode,
    options: {
      readonly errors?: readonly { path: string; message: string }[];
      readonly extensions?: Record<string, unknown>;
    } = {},
  ) {
    const [httpStatus, message] = KINDS[code];
    super({ code, httpStatus, message, ...options });
  }
}
