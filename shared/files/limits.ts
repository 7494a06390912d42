const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;

/** Largest file taken: one verification reads it in a single function call of at most ten minutes (host.json), at 60 MB/s in six. */
export const MAX_FILE_BYTES = 20 * 1024 * MIB;

/** Smaller files, of which `complete` itself answers for the bytes; larger ones go by the queue. */
export const VERIFY_AT_ONCE_BYTES = 64 * MIB;

/** Life of a link to write to a staging blob. */
export const UPLOAD_LINK_MS = 60 * MINUTE_MS;

/** Life of a link to read content: long enough to follow a redirect with. A download that has begun goes on. */
export const READ_LINK_MS = 5 * MINUTE_MS;

/** An upload can be taken up again over a weekend; the store itself drops uncommitted blocks after seven days. */
export const UPLOAD_LIFETIME_MS = 3 * 24 * 60 * MINUTE_MS;

/** A rejected upload tells its reason for a day. */
export const REJECTED_LIFETIME_MS = 24 * 60 * MINUTE_MS;

/** A verification that has not ended by then is asked for again: its message was lost or dead-lettered. */
export const VERIFICATION_OVERDUE_MS = 20 * MINUTE_MS;

/** What can still not be verified a day after the upload had to end is given up. */
export const VERIFICATION_GIVE_UP_MS = UPLOAD_LIFETIME_MS + 24 * 60 * MINUTE_MS;

/** Wait before a verification that found a service away is tried again. */
export const VERIFICATION_RETRY_MS = MINUTE_MS / 2;

const MIN_BLOCK_BYTES = 8 * MIB;
/** */
const MAX_BLOCK_BYTES = 100 * MIB;
/** Far below the 50,000 a blob may have: the answer to a resumed upload lists them all. */
const MAX_BLOCKS = 1000;

/** Size of the blocks an upload of this size should use: whole MiB, 8 to 100. */
export function blockSizeBytes(sizeBytes: number): number {
  const wanted = Math.ceil(sizeBytes / MAX_BLOCKS / MIB) * MIB;
  return Math.min(Math.max(wanted, MIN_BLOCK_BYTES), MAX_BLOCK_BYTES);
}
