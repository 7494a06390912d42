import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { type BlobService, storageCode, storageStatus, withStorage } from '../storage/index.ts';
import type { ContentStore, ExpectedContent, SignedUrl, TakeInResult } from './content-store.ts';
import { type CopySource, hasContent, storeBytes, storeContent } from './content-blob.ts';
import {
  type Frozen,
  commitBlocks,
  digest,
  freeze,
  listBlocks,
  readAsAnnounced,
  remove,
} from './staging-blob.ts';

export const STAGING_CONTAINER = 'staging';
export const CONTENT_CONTAINER = 'content';

const COPY_LINK_MS = 60 * 60_000;
const TRIES = 3;
const IN_MEMORY_BYTES = 8 * 1024 * 1024;

/** The content store on Blob Storage: container `staging` by name, container `content` by digest. Both must exist. */
export function createBlobContentStore(blobs: BlobService): ContentStore {
  const staging = blobs.client.getContainerClient(STAGING_CONTAINER);
  const content = blobs.client.getContainerClient(CONTENT_CONTAINER);
  return {
    uploadUrl: (stagingName, lifetimeMs) =>
      withStorage('blob sign upload', () =>
        blobs.sign(staging.getBlobClient(stagingName), {
          permissions: { create: true, write: true },
          lifetimeMs,
        }),
      ),
    readUrl: (sha256, { fileName, contentType }, lifetimeMs): Promise<SignedUrl> =>
      withStorage('blob sign read', () =>
        blobs.sign(content.getBlobClient(contentName(sha256)), {
          permissions: { read: true },
          lifetimeMs,
          contentType,
          contentDisposition: attachment(fileName),
        }),
      ),
    takeIn: (stagingName, expected) =>
      withStorage('blob take in', () =>
        takeIn({ blobs, content, blob: staging.getBlockBlobClient(stagingName) }, expected),
      ),
    uploadedBlocks: (stagingName) =>
      withStorage('blob list blocks', async () => {
        try {
          return (await listBlocks(staging.getBlockBlobClient(stagingName))).blocks;
        } catch (error) {
          if (isUnfit(error)) return [];
          throw error;
        }
      }),
    discard: (stagingName) =>
      withStorage('blob discard', () => remove(staging.getBlockBlobClient(stagingName))),
  };
}

interface Uploaded {
  readonly blobs: BlobService;
  readonly content: ContainerClient;
  readonly blob: BlockBlobClient;
}

/** Whoever holds the SAS may write, lease or replace the staging blob at any moment: what that breaks is tried again, then it is theirs. */
async function takeIn(uploaded: Uploaded, expected: ExpectedContent): Promise<TakeInResult> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await verifyAndStore(uploaded, expected);
    } catch (error) {
      if (!isUnfit(error)) throw error;
      if (attempt === TRIES)
        return mismatch('what was uploaded is no plain block blob, or it keeps changing');
    }
  }
}

/**
 * Verifies a frozen state of the upload and stores that very state: a write that comes in between changes nothing. A small upload
 * that is as announced is frozen by being read into memory, which takes two requests instead of six.
 */
async function verifyAndStore(
  { blobs, content, blob }: Uploaded,
  expected: ExpectedContent,
): Promise<TakeInResult> {
  const target = content.getBlockBlobClient(contentName(expected.sha256));
  const bytes = expected.sizeBytes <= IN_MEMORY_BYTES ? await readAsAnnounced(blob, expected) : undefined;
  if (bytes) {
    if (!(await storeBytes(target, bytes))) await hasContent(target, expected);
    return { kind: 'stored' };
  }
  await commitBlocks(blob);
  const frozen = await freeze(blob);
  if (!frozen) {
    return (await hasContent(target, expected)) ? { kind: 'stored' } : mismatch('nothing was uploaded');
  }
  if (frozen.sizeBytes !== expected.sizeBytes) {
    return mismatch(`${frozen.sizeBytes} bytes were uploaded, ${expected.sizeBytes} announced`);
  }
  const sha256 = await digest(frozen);
  if (sha256 !== expected.sha256) {
    return mismatch(`the uploaded bytes have SHA-256 ${sha256}, not ${expected.sha256}`);
  }
  if (!(await hasContent(target, expected))) await storeContent(target, await copySource(blobs, frozen));
  return { kind: 'stored' };
}

async function copySource(blobs: BlobService, { blob, snapshot, sizeBytes }: Frozen): Promise<CopySource> {
  const link = await blobs.sign(blob, { permissions: { read: true }, lifetimeMs: COPY_LINK_MS, snapshot });
  return { url: link.url, sizeBytes };
}

function mismatch(reason: string): TakeInResult {
  return { kind: 'mismatch', reason };
}

/** The store works and refuses: the blob is gone, of another kind, leased, archived, or not what it was a moment ago. */
function isUnfit(error: unknown): boolean {
  if (storageCode(error)?.startsWith('Container')) return false;
  return [400, 404, 409, 412, 416].includes(storageStatus(error) ?? 0);
}

function contentName(sha256: string): string {
  return `sha256/${sha256}`;
}

/** `Content-Disposition` with the name in UTF-8 (RFC 6266, RFC 8187) and a plain one for old clients. */
function attachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(fileName).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
