/** The file as a whole cannot be imported, or this run of it not; the message says what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

/** Somebody else changed what the batch was prepared on; prepared anew it may be written. */
export class BatchConflictError extends Error {
  override readonly name = 'BatchConflictError';
}
