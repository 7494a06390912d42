import {
  AnonymousCredential,
  BlobSASPermissions,
  type BlobClient,
  BlobServiceClient,
  type RequestPolicyFactory,
  SASProtocol,
  StorageSharedKeyCredential,
  type UserDelegationKey,
  generateBlobSASQueryParameters,
  newPipeline,
} from '@azure/storage-blob';
import type { Clock } from '../time/clock.ts';
import { CLOCK_SKEW_MS, cachedDelegationKey } from './delegation-key.ts';

export type BlobStorageSettings =
  | { readonly kind: 'connectionString'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly address: string };

export interface SasOptions {
  readonly permissions: { readonly read?: true; readonly create?: true; readonly write?: true };
  /** At most an hour: links by identity last no longer than the key that signs them. */
  readonly lifetimeMs: number;
  /** The snapshot a link is for, when `blob` is one. */
  readonly snapshot?: string;
  /** Overrides what a download is called and what type it has. */
  readonly contentDisposition?: string;
  readonly contentType?: string;
}

/** Signs short-lived links to single blobs; the account's key or a user delegation key never leaves the process. */
export interface BlobService {
  readonly client: BlobServiceClient;
  sign(blob: BlobClient, options: SasOptions): Promise<{ readonly url: string; readonly expiresAt: Date }>;
}

export interface BlobServiceOptions {
  /** How long one try of a call may take in all, default 30 s. A call is tried three times. */
  readonly tryTimeoutMs?: number;
}

const TRY_TIMEOUT_MS = 30_000;

/** Opens Blob Storage by connection string, or by address with the managed identity. */
export async function createBlobService(
  settings: BlobStorageSettings,
  clock: Clock,
  { tryTimeoutMs = TRY_TIMEOUT_MS }: BlobServiceOptions = {},
): Promise<BlobService> {
  if (settings.kind === 'connectionString') {
    const { url, credential } = BlobServiceClient.fromConnectionString(settings.connectionString);
    if (!(credential instanceof StorageSharedKeyCredential)) {
      throw new Error('BlobStorage: the connection string has no account key to sign links with');
    }
    const client = openClient(url, { credential, tryTimeoutMs });
    return {
      client,
      sign: async (blob, options) => signed(blob, { ...options, clock, key: credential, client }),
    };
  }
  const { DefaultAzureCredential } = await import('@azure/identity');
  const client = openClient(settings.address, { credential: new DefaultAzureCredential(), tryTimeoutMs });
  const delegationKey = cachedDelegationKey((from, until) => client.getUserDelegationKey(from, until), clock);
  return {
    client,
    sign: async (blob, options) => signed(blob, { ...options, clock, key: await delegationKey(), client }),
  };
}

function openClient(
  url: string,
  {
    credential,
    tryTimeoutMs,
  }: { readonly credential: Parameters<typeof newPipeline>[0]; readonly tryTimeoutMs: number },
): BlobServiceClient {
  const pipeline = newPipeline(credential ?? new AnonymousCredential(), {
    retryOptions: { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 3000 },
  });
  pipeline.factories.push(giveUpAfter(tryTimeoutMs));
  return new BlobServiceClient(url, pipeline);
}

/** The SDK's own `tryTimeoutInMs` only asks the server to give up: one that does not answer at all would be waited for without end. */
function giveUpAfter(timeoutMs: number): RequestPolicyFactory {
  return {
    create: (next) => ({
      sendRequest: (request) => {
        request.timeout = timeoutMs;
        return next.sendRequest(request);
      },
    }),
  };
}

interface Signing extends SasOptions {
  readonly clock: Clock;
  readonly key: StorageSharedKeyCredential | UserDelegationKey;
  readonly client: BlobServiceClient;
}

function signed(
  blob: BlobClient,
  { clock, key, client, ...options }: Signing,
): { url: string; expiresAt: Date } {
  const now = clock.now().getTime();
  const expiresAt = new Date(now + options.lifetimeMs);
  const values = {
    containerName: blob.containerName,
    blobName: blob.name,
    snapshotTime: options.snapshot,
    permissions: BlobSASPermissions.from(options.permissions),
    startsOn: new Date(now - CLOCK_SKEW_MS),
    expiresOn: expiresAt,
    protocol: client.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    contentDisposition: options.contentDisposition,
    contentType: options.contentType,
  };
  const query =
    key instanceof StorageSharedKeyCredential
      ? generateBlobSASQueryParameters(values, key)
      : generateBlobSASQueryParameters(values, key, client.accountName);
  return { url: `${blob.url}${blob.url.includes('?') ? '&' : '?'}${query.toString()}`, expiresAt };
}
