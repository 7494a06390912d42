import type { BlockBlobClient, StoragePipelineOptions } from '@azure/storage-blob';

const OPTIONS: StoragePipelineOptions = {
  retryOptions: { maxTries: 2, tryTimeoutInMs: 120_000, retryDelayInMs: 300, maxRetryDelayInMs: 5_000 },
};

/** The blob behind a SAS address. The SDK is loaded at the first call (or by `loadBlobs`): an agent that only waits needs none. */
export async function blobAt(url: string): Promise<BlockBlobClient> {
  const storage = await loadBlobs();
  return new storage.BlockBlobClient(url, new storage.AnonymousCredential(), OPTIONS);
}

/** Loads the SDK ahead of its first use. */
export async function loadBlobs() {
  return import('@azure/storage-blob');
}

/**
 * True when the store may answer the same call in a moment: no answer at all (as when its name is not resolved just now), or one that
 * says so. An expired link is not: the attempt then fails, and the next one gets fresh links.
 */
export function isStoreAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status: unknown = Reflect.get(error, 'statusCode');
  if (typeof status === 'number') return status === 408 || status === 429 || status >= 500;
  const code: unknown = Reflect.get(error, 'code');
  return (
    typeof code === 'string' &&
    (code === 'REQUEST_SEND_ERROR' || /^E(CONN|PIPE|TIMEDOUT|HOST|NET|ADDR|AI_AGAIN|NOTFOUND)/.test(code))
  );
}
