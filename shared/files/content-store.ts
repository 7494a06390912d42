/** A link that opens one blob for a while. The address is a secret: it never goes to a log. */
export interface SignedUrl {
  readonly url: string;
  readonly expiresAt: Date;
}

export interface ExpectedContent {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export type TakeInResult =
  | { readonly kind: 'stored' }
  /** What was uploaded is not what was announced. The staging blob stays until it is discarded. */
  | { readonly kind: 'mismatch'; readonly reason: string };

export interface UploadedBlock {
  /** Base64, as the client gave it. */
  readonly id: string;
  readonly sizeBytes: number;
}

/**
 * Bytes by digest. Uploads go to staging blobs, the only ones that ever have a write SAS; `takeIn` makes the verified bytes
 * readable under their digest, in a blob that is never overwritten. Every call throws `StorageUnavailableError` when the store
 * does not answer.
 */
export interface ContentStore {
  /** Create+write SAS for one staging blob. */
  uploadUrl(stagingName: string, lifetimeMs: number): Promise<SignedUrl>;
  /** Read SAS for verified content; the link names and types the download. */
  readUrl(
    sha256: string,
    as: { readonly fileName: string; readonly contentType: string },
    lifetimeMs: number,
  ): Promise<SignedUrl>;
  /**
   * Puts the staged blocks together, in the order of their ids, verifies size and SHA-256 and stores the bytes under their digest.
   * May be repeated and run at the same time as itself; where nothing is staged, content that is there already counts.
   */
  takeIn(stagingName: string, expected: ExpectedContent): Promise<TakeInResult>;
  /** Blocks that have arrived, in the order in which `takeIn` puts them together. */
  uploadedBlocks(stagingName: string): Promise<readonly UploadedBlock[]>;
  /** Removes a staging blob with whatever was staged; nothing happens when it is gone. */
  discard(stagingName: string): Promise<void>;
}

/** Staging blob of a person's upload. */
export function uploadStagingName(fileId: string): string {
  return `uploads/${fileId}`;
}

/** Staging blob of one output of an attempt. */
export function outputStagingName(attemptId: string, sha256: string): string {
  return `attempts/${attemptId}/${sha256}`;
}
