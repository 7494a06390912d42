import type { BlockBlobClient } from '@azure/storage-blob';
import { isBlobMissing, storageCode } from '../storage/index.ts';

export interface CopySource {
  /** Readable by whoever has it: a secret. Must show the same bytes for as long as the copy takes. */
  readonly url: string;
  readonly sizeBytes: number;
}

const MIB = 1024 * 1024;
/** The server copies up to `wholeBytes` in one call, the most that Copy Blob From URL takes, and more in pieces. No copy runs on by itself. */
const COPY_SIZES = { wholeBytes: 256 * MIB, pieceBytes: 64 * MIB };

/** Whether verified content is there. It appears whole or not at all. */
export async function hasContent(
  target: BlockBlobClient,
  expected: { readonly sizeBytes: number },
): Promise<boolean> {
  try {
    const { contentLength } = await target.getProperties();
    if (contentLength !== expected.sizeBytes)
      throw new Error(`content blob ${target.name} has ${contentLength} bytes, not ${expected.sizeBytes}`);
    return true;
  } catch (error) {
    if (isBlobMissing(error)) return false;
    throw error;
  }
}

/** Copies verified bytes to the blob of their digest. May be repeated; the first to finish makes the blob, the others add nothing. */
export async function storeContent(
  target: BlockBlobClient,
  { url, sizeBytes }: CopySource,
  { wholeBytes, pieceBytes } = COPY_SIZES,
): Promise<void> {
  const conditions = { ifNoneMatch: '*' };
  try {
    if (sizeBytes <= wholeBytes) {
      await target.syncCopyFromURL(url, { conditions });
      return;
    }
    const ids: string[] = [];
    for (let offset = 0; offset < sizeBytes; offset += pieceBytes) {
      const id = Buffer.from(String(ids.length).padStart(6, '0')).toString('base64');
      await target.stageBlockFromURL(id, url, offset, Math.min(pieceBytes, sizeBytes - offset));
      ids.push(id);
    }
    await target.commitBlockList(ids, { conditions });
  } catch (error) {
    // These very bytes are there already.
    if (storageCode(error) !== 'BlobAlreadyExists') throw error;
  }
}

/** Stores verified bytes under their digest; false when these very bytes are there already. */
export async function storeBytes(target: BlockBlobClient, bytes: Buffer): Promise<boolean> {
  try {
    await target.upload(bytes, bytes.length, { conditions: { ifNoneMatch: '*' } });
    return true;
  } catch (error) {
    if (storageCode(error) === 'BlobAlreadyExists') return false;
    throw error;
  }
}
