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
  /** What was uploaded is not what was announced. The staging blob stays until the sweeper removes it. */
  | { readonly kind: 'mismatch'; readonly reason: string };

/**
 * Bytes by digest. Uploads go to staging blobs, the only ones that ever have a write SAS; `takeIn` makes the verified bytes
 * readable under their digest, in a blob that is never overwritten.
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
   * Commits the staging blob if only blocks are there, verifies size and SHA-256 and stores it under its digest. May be repeated,
   * also after it succeeded and the staging blob is gone.
   */
  takeIn(stagingName: string, expected: ExpectedContent): Promise<TakeInResult>;
  /** Blocks staged and not yet committed, for an upload that is taken up again. */
  uploadedBlocks(
    stagingName: string,
  ): Promise<readonly { readonly id: string; readonly sizeBytes: number }[]>;
  /** Removes a staging blob; nothing happens when it is gone. */
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
