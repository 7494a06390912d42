export type MigrationErrorCode =
  /** A file is not of the form that README and docs/data.md describe. */
  | 'unreadable'
  /** What was applied is not what the folder holds: edited, taken away, or a file put in before others. */
  | 'refused'
  /** Another run holds the lock, or another program the database. */
  | 'locked'
  /** A statement of a file failed. */
  | 'failed'
  /** The run ended, and the journal does not say what it should. */
  | 'not-recorded';

/** Why migrations stopped. The message names the file and what to do next; nothing is half applied but what the journal tells. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code: MigrationErrorCode;

  constructor(code: MigrationErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
