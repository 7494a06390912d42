import { createHash } from 'node:crypto';
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { type BlobService, storageStatus, withStorage } from '../storage/index.ts';
import type { ContentStore, ExpectedContent, TakeInResult } from './content-store.ts';

export const STAGING_CONTAINER = 'staging';
export const CONTENT_CONTAINER = 'content';

/** `Copy Blob From URL` is synchronous up to this size; larger blobs are copied by a job of the store that is waited for. */
const SYNC_COPY_LIMIT = 256 * 1024 * 1024;
const COPY_LINK_LIFETIME_MS = 60 * 60_000;

/** Makes the containers when they are not there (on Azure the deployment has made them). */
export async function ensureContainers({ client }: BlobService): Promise<void> {
  await withStorage(async () => {
    await client.getContainerClient(STAGING_CONTAINER).createIfNotExists();
    await client.getContainerClient(CONTENT_CONTAINER).createIfNotExists();
  });
}

/** The content store on Blob Storage: container `staging` by name, container `content` by digest. */
export function createBlobContentStore(blobs: BlobService): ContentStore {
  const staging = blobs.client.getContainerClient(STAGING_CONTAINER);
  const content = blobs.client.getContainerClient(CONTENT_CONTAINER);
  return {
    uploadUrl: (stagingName, lifetimeMs) =>
      withStorage(() =>
        blobs.sign(staging.getBlobClient(stagingName), {
          permissions: { create: true, write: true },
          lifetimeMs,
        }),
      ),
    readUrl: (sha256, { fileName, contentType }, lifetimeMs) =>
      withStorage(() =>
        blobs.sign(content.getBlobClient(contentName(sha256)), {
          permissions: { read: true },
          lifetimeMs,
          contentType,
          contentDisposition: attachment(fileName),
        }),
      ),
    takeIn: (stagingName, expected) =>
      withStorage(() => takeIn({ blobs, content, blob: staging.getBlockBlobClient(stagingName) }, expected)),
    async discard(stagingName) {
      await withStorage(() => staging.getBlobClient(stagingName).deleteIfExists());
    },
    uploadedBlocks: (stagingName) =>
      withStorage(() => uploadedBlocks(staging.getBlockBlobClient(stagingName))),
  };
}

interface Uploaded {
  readonly blobs: BlobService;
  readonly content: ContainerClient;
  readonly blob: BlockBlobClient;
}

async function takeIn(uploaded: Uploaded, expected: ExpectedContent): Promise<TakeInResult> {
  const { blob, content } = uploaded;
  await commitBlocks(blob);
  const pinned = await pin(blob);
  if (!pinned) return { kind: 'mismatch', reason: 'nothing was uploaded' };
  if (pinned.sizeBytes !== expected.sizeBytes) {
    return {
      kind: 'mismatch',
      reason: `${pinned.sizeBytes} bytes were uploaded, ${expected.sizeBytes} announced`,
    };
  }
  const sha256 = await digest(blob, pinned.etag);
  if (sha256 !== expected.sha256) {
    return { kind: 'mismatch', reason: `the uploaded bytes have SHA-256 ${sha256}, not ${expected.sha256}` };
  }
  await copyOnce(uploaded, {
    etag: pinned.etag,
    sizeBytes: pinned.sizeBytes,
    target: content.getBlobClient(contentName(sha256)),
  });
  return { kind: 'stored' };
}

/** Blocks that were staged but not committed become the blob, in the order of their ids. */
async function commitBlocks(blob: BlockBlobClient): Promise<void> {
  const blocks = await uploadedBlocks(blob);
  if (blocks.length > 0) await blob.commitBlockList(blocks.map((block) => block.id).sort());
}

async function uploadedBlocks(blob: BlockBlobClient): Promise<{ id: string; sizeBytes: number }[]> {
  try {
    const { uncommittedBlocks } = await blob.getBlockList('uncommitted');
    return (uncommittedBlocks ?? []).map(({ name, size }) => ({ id: name, sizeBytes: size }));
  } catch (error) {
    if (storageStatus(error) === 404) return [];
    throw error;
  }
}

/** What is verified and copied is one state of the blob, named by its ETag: whoever still holds the SAS cannot slip in another. */
async function pin(
  blob: BlockBlobClient,
): Promise<{ readonly etag: string; readonly sizeBytes: number } | undefined> {
  try {
    const { etag, contentLength } = await blob.getProperties();
    return { etag: etag ?? '', sizeBytes: contentLength ?? 0 };
  } catch (error) {
    if (storageStatus(error) === 404) return undefined;
    throw error;
  }
}

async function digest(blob: BlockBlobClient, etag: string): Promise<string> {
  const { readableStreamBody } = await blob.download(0, undefined, { conditions: { ifMatch: etag } });
  if (!readableStreamBody) throw new Error('the storage client gave no stream');
  const hash = createHash('sha256');
  for await (const chunk of readableStreamBody) hash.update(chunk);
  return hash.digest('hex');
}

async function copyOnce(
  { blobs, blob }: Uploaded,
  copy: {
    readonly etag: string;
    readonly sizeBytes: number;
    readonly target: ReturnType<ContainerClient['getBlobClient']>;
  },
): Promise<void> {
  const source = await blobs.sign(blob, { permissions: { read: true }, lifetimeMs: COPY_LINK_LIFETIME_MS });
  const conditions = { conditions: { ifNoneMatch: '*' } };
  try {
    if (copy.sizeBytes <= SYNC_COPY_LIMIT) {
      await copy.target.syncCopyFromURL(source.url, {
        ...conditions,
        sourceConditions: { ifMatch: copy.etag },
      });
      return;
    }
    const poller = await copy.target.beginCopyFromURL(source.url, {
      ...conditions,
      sourceConditions: { ifMatch: copy.etag },
    });
    await poller.pollUntilDone();
  } catch (error) {
    // These very bytes are there already.
    if (storageStatus(error) !== 409) throw error;
  }
}

function contentName(sha256: string): string {
  return `sha256/${sha256}`;
}

/** `Content-Disposition` with the name in UTF-8 (RFC 6266) and a plain one for old clients. */
function attachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\x20-\x7e]|["\\]/g, '_');
  return `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(fileName)}`;
}
