import {
  BlobSASPermissions,
  type BlobClient,
  BlobServiceClient,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
  generateBlobSASQueryParameters,
} from '@azure/storage-blob';
import type { Clock } from '../time/clock.ts';

export type BlobStorageSettings =
  | { readonly kind: 'connectionString'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly address: string };

export interface SasOptions {
  readonly permissions: { readonly read?: true; readonly create?: true; readonly write?: true };
  readonly lifetimeMs: number;
  /** Overrides what a download is called and what type it has. */
  readonly contentDisposition?: string;
  readonly contentType?: string;
}

/** Signs short-lived links to single blobs; the account's key or a user delegation key never leaves the process. */
export interface BlobService {
  readonly client: BlobServiceClient;
  sign(blob: BlobClient, options: SasOptions): Promise<{ readonly url: string; readonly expiresAt: Date }>;
}

/** Clocks differ: a link is valid a little before it was made. */
const CLOCK_SKEW_MS = 5 * 60_000;
/** A delegation key is asked for once an hour and is good for two. */
const KEY_LIFETIME_MS = 2 * 3_600_000;
const KEY_REFRESH_MS = 3_600_000;
const RETRY = { maxTries: 3, tryTimeoutInMs: 30_000, retryDelayInMs: 200, maxRetryDelayInMs: 3000 };

/** Opens Blob Storage by connection string, or by address with the managed identity. */
export async function createBlobService(settings: BlobStorageSettings, clock: Clock): Promise<BlobService> {
  if (settings.kind === 'connectionString') {
    const client = BlobServiceClient.fromConnectionString(settings.connectionString, { retryOptions: RETRY });
    const { credential } = client;
    if (!(credential instanceof StorageSharedKeyCredential)) {
      throw new Error('BlobStorage: the connection string has no account key to sign links with');
    }
    return {
      client,
      sign: async (blob, options) => signed(blob, window(clock, options), credential, client),
    };
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  const client = new BlobServiceClient(settings.address, new DefaultAzureCredential(), {
    retryOptions: RETRY,
  });
  const delegationKey = cachedDelegationKey(client, clock);
  return {
    client,
    sign: async (blob, options) => signed(blob, window(clock, options), await delegationKey(), client),
  };
}

type Window = SasOptions & { readonly startsOn: Date; readonly expiresOn: Date };

function window(clock: Clock, options: SasOptions): Window {
  const now = clock.now().getTime();
  return {
    ...options,
    startsOn: new Date(now - CLOCK_SKEW_MS),
    expiresOn: new Date(now + options.lifetimeMs),
  };
}

function signed(
  blob: BlobClient,
  options: Window,
  key: StorageSharedKeyCredential | UserDelegationKey,
  client: BlobServiceClient,
): { url: string; expiresAt: Date } {
  const values = {
    containerName: blob.containerName,
    blobName: blob.name,
    permissions: BlobSASPermissions.from(options.permissions),
    startsOn: options.startsOn,
    expiresOn: options.expiresOn,
    protocol: client.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    contentDisposition: options.contentDisposition,
    contentType: options.contentType,
  };
  const query =
    key instanceof StorageSharedKeyCredential
      ? generateBlobSASQueryParameters(values, key)
      : generateBlobSASQueryParameters(values, key, client.accountName);
  return { url: `${blob.url}?${query.toString()}`, expiresAt: options.expiresOn };
}

function cachedDelegationKey(client: BlobServiceClient, clock: Clock): () => Promise<UserDelegationKey> {
  let cached: { readonly key: Promise<UserDelegationKey>; readonly madeAt: number } | undefined;
  return () => {
    const now = clock.now().getTime();
    if (!cached || now - cached.madeAt > KEY_REFRESH_MS) {
      const key = client.getUserDelegationKey(new Date(now - CLOCK_SKEW_MS), new Date(now + KEY_LIFETIME_MS));
      const made = { key, madeAt: now };
      cached = made;
      key.catch(() => {
        if (cached === made) cached = undefined;
      });
    }
    return cached.key;
  };
}
