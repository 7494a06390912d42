import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type BlobClient, type BlockBlobClient, RestError } from '@azure/storage-blob';
import { StorageUnavailableError, isBlobMissing, storageStatus } from '../storage/index.ts';
import { compareBlockIds } from './block-id.ts';
import type { ExpectedContent, UploadedBlock } from './content-store.ts';

/** Read in pieces, so that one that stalls or breaks off costs little, and no time-out depends on the size of the whole. */
const READ_BYTES = 32 * 1024 * 1024;
const READ_TIMEOUT_MS = 60_000;

/** A state of a staging blob that nobody can change: a snapshot, which a write SAS does not reach. */
export interface Frozen {
  readonly blob: BlobClient;
  readonly snapshot: string;
  readonly sizeBytes: number;
}

/** Every block that has arrived, committed or not, by id; of two with one id the one that came last. */
export async function listBlocks(
  blob: BlockBlobClient,
): Promise<{ readonly blocks: UploadedBlock[]; readonly allCommitted: boolean }> {
  try {
    const { committedBlocks = [], uncommittedBlocks = [] } = await blob.getBlockList('all');
    const latest = new Map(
      [...committedBlocks, ...uncommittedBlocks].map(({ name, size }) => [
        name,
        { id: name, sizeBytes: size },
      ]),
    );
    return {
      blocks: [...latest.values()].toSorted((a, b) => compareBlockIds(a.id, b.id)),
      allCommitted: uncommittedBlocks.length === 0,
    };
  } catch (error) {
    if (isBlobMissing(error)) return { blocks: [], allCommitted: true };
    throw error;
  }
}

/** Puts the blocks together unless the client has done so itself. */
export async function commitBlocks(blob: BlockBlobClient): Promise<void> {
  const { blocks, allCommitted } = await listBlocks(blob);
  if (!allCommitted) await blob.commitBlockList(blocks.map(({ id }) => id));
}

/** Freezes what the staging blob is now; undefined when there is none. */
export async function freeze(blob: BlockBlobClient): Promise<Frozen | undefined> {
  try {
    const { snapshot } = await blob.createSnapshot();
    if (!snapshot) throw new Error('the store gave the snapshot no name');
    const frozen = blob.withSnapshot(snapshot);
    const { contentLength } = await frozen.getProperties();
    if (contentLength === undefined) throw new Error('the store gave the snapshot no length');
    return { blob: frozen, snapshot, sizeBytes: contentLength };
  } catch (error) {
    if (isBlobMissing(error)) return undefined;
    throw error;
  }
}

/** SHA-256 in lower-case hex. A few hundred kilobytes are in memory at a time, whatever the size. */
export async function digest({ blob, sizeBytes }: Frozen): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < sizeBytes; offset += READ_BYTES) {
    const { readableStreamBody } = await blob.download(offset, Math.min(READ_BYTES, sizeBytes - offset), {
      abortSignal: AbortSignal.timeout(READ_TIMEOUT_MS),
      maxRetryRequests: 3,
    });
    if (!readableStreamBody) throw new Error('the storage client gave no stream');
    try {
      for await (const chunk of readableStreamBody) hash.update(chunk);
    } catch (error) {
      // A body that breaks off is no RestError.
      throw error instanceof RestError ? error : new StorageUnavailableError(error);
    }
  }
  return hash.digest('hex');
}

/**
 * The committed bytes of a staging blob that is plain and free, if they are just those announced; else undefined, whatever is wrong: the long way finds out.
 * One request; the bytes are in memory.
 */
export async function readAsAnnounced(
  blob: BlobClient,
  { sizeBytes, sha256 }: ExpectedContent,
): Promise<Buffer | undefined> {
  try {
    // One byte more than announced shows that there are more.
    const { readableStreamBody, blobType, leaseState } = await blob.download(0, sizeBytes + 1, {
      abortSignal: AbortSignal.timeout(READ_TIMEOUT_MS),
      maxRetryRequests: 3,
    });
    if (!readableStreamBody) return undefined;
    const body = readableStreamBody as Readable;
    if (blobType !== 'BlockBlob' || leaseState !== 'available') {
      body.destroy();
      return undefined;
    }
    const bytes = await buffer(body);
    const found = createHash('sha256').update(bytes).digest('hex');
    return bytes.length === sizeBytes && found === sha256 ? bytes : undefined;
  } catch (error) {
    if (error instanceof RestError && [404, 409, 412, 416].includes(storageStatus(error) ?? 0))
      return undefined;
    throw error instanceof RestError ? error : new StorageUnavailableError(error);
  }
}

/** Removes a blob with its snapshots and blocks, also one that was leased: a write SAS is enough to take a lease. */
export async function remove(blob: BlockBlobClient): Promise<void> {
  if (await deleteBlob(blob)) return;
  const { allCommitted } = await listBlocks(blob);
  if (allCommitted) return;
  // Blocks alone are no blob that could be deleted; an empty list drops them.
  await blob.commitBlockList([]);
  await deleteBlob(blob);
}

async function deleteBlob(blob: BlockBlobClient): Promise<boolean> {
  const options = { deleteSnapshots: 'include' } as const;
  try {
    return (await blob.deleteIfExists(options)).succeeded;
  } catch (error) {
    if (storageStatus(error) !== 412) throw error;
    await blob.getBlobLeaseClient().breakLease(0);
    return (await blob.deleteIfExists(options)).succeeded;
  }
}
