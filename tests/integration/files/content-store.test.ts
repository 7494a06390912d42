import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { storeContent } from '../../../shared/files/content-blob.ts';
import type { ContentStore } from '../../../shared/files/index.ts';
import { createBlobService } from '../../../shared/storage/index.ts';
import { systemClock } from '../../../shared/time/clock.ts';
import { type TestBlobs, startAzurite } from '../../support/azurite.ts';
import { sha256Of, someBytes } from './rig.ts';

let blobs: TestBlobs;
let store: ContentStore;
beforeAll(async () => {
  blobs = await startAzurite();
  store = await blobs.contentStore();
});

const nameOf = (bytes: Uint8Array) => `sha256/${sha256Of(bytes)}`;
const expected = (bytes: Uint8Array) => ({ sha256: sha256Of(bytes), sizeBytes: bytes.length });
const stored = async (bytes: Uint8Array) => blobs.content.getBlobClient(nameOf(bytes)).downloadToBuffer();

async function staged(bytes: Buffer): Promise<string> {
  const name = `uploads/${randomUUID()}`;
  await blobs.staging.getBlockBlobClient(name).uploadData(bytes);
  return name;
}

describe('takeIn', () => {
  it('may be repeated, with the staging blob and without it', async () => {
    const bytes = someBytes(1000);
    const name = await staged(bytes);
    expect(await store.takeIn(name, expected(bytes))).toEqual({ kind: 'stored' });
    expect(await store.takeIn(name, expected(bytes))).toEqual({ kind: 'stored' });
    await store.discard(name);
    expect(await store.takeIn(name, expected(bytes))).toEqual({ kind: 'stored' });
    expect((await stored(bytes)).equals(bytes)).toBe(true);
  });

  it('never overwrites content', async () => {
    const bytes = someBytes(1000);
    await store.takeIn(await staged(bytes), expected(bytes));
    const { etag } = await blobs.content.getBlobClient(nameOf(bytes)).getProperties();
    await store.takeIn(await staged(bytes), expected(bytes));
    expect((await blobs.content.getBlobClient(nameOf(bytes)).getProperties()).etag).toBe(etag);
  });

  it('reads more than one piece', async () => {
    const bytes = Buffer.alloc(33 * 1024 * 1024, someBytes(1009));
    expect(await store.takeIn(await staged(bytes), expected(bytes))).toEqual({ kind: 'stored' });
    expect((await stored(bytes)).equals(bytes)).toBe(true);
  });

  it('takes a container that is missing for a fault, not for a wrong upload', async () => {
    const bytes = someBytes(10);
    const name = await staged(bytes);
    await blobs.content.delete();
    try {
      await expect(store.takeIn(name, expected(bytes))).rejects.toMatchObject({ statusCode: 404 });
    } finally {
      await blobs.content.create();
    }
  });
});

describe('storeContent', () => {
  it('copies in pieces, whoever else does the same at the same time', async () => {
    const bytes = someBytes(10_001);
    const service = await createBlobService(
      { kind: 'connectionString', connectionString: blobs.connectionString },
      systemClock,
    );
    const source = service.client.getContainerClient('staging').getBlobClient(await staged(bytes));
    const { url } = await service.sign(source, { permissions: { read: true }, lifetimeMs: 60_000 });
    const target = blobs.content.getBlockBlobClient(nameOf(bytes));
    const sizes = { wholeBytes: 1000, pieceBytes: 1000 };
    const copy = () => storeContent(target, { url, sizeBytes: bytes.length }, sizes);
    await Promise.all([copy(), copy(), copy()]);
    await copy();
    expect((await stored(bytes)).equals(bytes)).toBe(true);
  });
});

it('discard drops blocks that were never put together', async () => {
  const name = `uploads/${randomUUID()}`;
  const blob = blobs.staging.getBlockBlobClient(name);
  await blob.stageBlock(Buffer.from('000000').toString('base64'), 'abc', 3);
  await store.discard(name);
  expect(await store.uploadedBlocks(name)).toEqual([]);
  expect(await blob.exists()).toBe(false);
  await store.discard(name);
});
