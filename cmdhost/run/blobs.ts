import type { BlockBlobClient, StoragePipelineOptions } from '@azure/storage-blob';

const OPTIONS: StoragePipelineOptions = {
  retryOptions: { maxTries: 4, tryTimeoutInMs: 120_000, retryDelayInMs: 300, maxRetryDelayInMs: 5_000 },
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
