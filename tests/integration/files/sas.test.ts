import { AnonymousCredential, BlockBlobClient, PageBlobClient } from '@azure/storage-blob';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { UPLOAD_LINK_MS } from '../../../shared/files/limits.ts';
import {
  type FilesRig,
  MovableClock,
  blockId,
  createFilesRig,
  putBlob,
  putBlock,
  putBlockList,
  sha256Of,
  someBytes,
} from './rig.ts';

let rig: FilesRig;
beforeAll(async () => {
  rig = await createFilesRig();
});

async function uploaded(bytes: Uint8Array) {
  const routingId = await rig.routing();
  const started = await rig.start(routingId, bytes);
  expect((await putBlob(started.uploadUrl, bytes)).status).toBe(201);
  return { routingId, ...started };
}

async function expectBytes(fileId: string, bytes: Uint8Array): Promise<void> {
  const response = await rig.download(fileId);
  expect(response.status).toBe(200);
  expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
}

describe('the write link, used again after complete, changes nothing a reader gets', () => {
  const bytes = someBytes(5000);
  const evil = someBytes(5000);
  it.each([
    ['one put', (url: string) => putBlob(url, evil)],
    [
      'blocks and their list',
      async (url: string) => {
        await putBlock(url, 0, evil);
        return putBlockList(url, [blockId(0, evil)]);
      },
    ],
  ])('%s', async (_how, overwrite) => {
    const { fileId, uploadUrl, routingId } = await uploaded(bytes);
    expect((await rig.complete(fileId, bytes)).status).toBe(200);
    const before = await rig.send('GET', `files/${fileId}`);
    // The link still works; where it writes to, nobody reads.
    expect((await overwrite(uploadUrl)).status).toBe(201);
    await expectBytes(fileId, bytes);
    expect((await rig.complete(fileId, bytes)).json).toEqual(before.json);
    expect(await rig.complete(fileId, evil)).toMatchObject({ status: 422 });
    expect((await rig.send('GET', `files/${fileId}`)).json).toEqual(before.json);
    expect(await rig.files(routingId)).toHaveLength(1);
    await expectBytes(fileId, bytes);
  });
});

it('writes that race with complete never make a reader get other bytes than were verified', async () => {
  const bytes = someBytes(300_000);
  const evil = someBytes(300_000);
  for (let round = 0; round < 5; round += 1) {
    const { fileId, uploadUrl } = await uploaded(bytes);
    const writes = Array.from({ length: 4 }, (_, index) => putBlob(uploadUrl, index % 2 ? bytes : evil));
    const [completed] = await Promise.all([rig.complete(fileId, bytes), ...writes]);
    // Whichever came first: right and available, or wrong and rejected.
    if (completed.status === 200) await expectBytes(fileId, bytes);
    else expect(completed).toMatchObject({ status: 422, json: { code: 'upload-mismatch' } });
  }
  const blob = rig.blobs.content.getBlobClient(`sha256/${sha256Of(bytes)}`);
  if (await blob.exists()) expect((await blob.downloadToBuffer()).equals(bytes)).toBe(true);
  expect(await rig.blobs.content.getBlobClient(`sha256/${sha256Of(evil)}`).exists()).toBe(false);
});

describe('the write link opens one blob for writing', () => {
  it('not another upload, not content', async () => {
    const { uploadUrl } = await uploaded(someBytes(10));
    const other = await uploaded(someBytes(10));
    const url = new URL(uploadUrl);
    for (const path of [
      new URL(other.uploadUrl).pathname,
      url.pathname.replace('/staging/uploads/', `/content/sha256/`),
    ]) {
      const elsewhere = new URL(url);
      elsewhere.pathname = path;
      expect((await putBlob(String(elsewhere), someBytes(10))).status).toBe(403);
    }
  });

  it('neither for reading, nor for removing or listing', async () => {
    const { uploadUrl } = await uploaded(someBytes(10));
    expect((await fetch(uploadUrl)).status).toBe(403);
    expect((await fetch(uploadUrl, { method: 'DELETE' })).status).toBe(403);
    const container = new URL(uploadUrl);
    container.pathname = container.pathname.replace(/\/uploads\/.*$/, '');
    expect((await fetch(`${String(container)}&restype=container&comp=list`)).status).toBe(403);
  });

  it('and for an hour', async () => {
    const clock = new MovableClock();
    clock.pass(-UPLOAD_LINK_MS - 1000);
    const store = await rig.blobs.contentStore(clock);
    const link = await store.uploadUrl('uploads/late', UPLOAD_LINK_MS);
    expect(link.expiresAt.getTime()).toBeLessThan(Date.now());
    expect((await putBlob(link.url, someBytes(10))).status).toBe(403);
  });
});

it('the read link reads, for five minutes, and writes nothing', async () => {
  const bytes = someBytes(10);
  const { fileId } = await uploaded(bytes);
  await rig.complete(fileId, bytes);
  const answer = await rig.send('GET', `files/${fileId}/content`);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  const url = answer.headers.get('location') ?? '';
  expect((await putBlob(url, someBytes(10))).status).toBe(403);
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
  const lifetimeMs = Date.parse(new URL(url).searchParams.get('se') ?? '') - Date.now();
  expect(lifetimeMs).toBeLessThanOrEqual(5 * 60_000);
  expect(lifetimeMs).toBeGreaterThan(4 * 60_000);
});

describe('what else a write link can do is an upload that does not hold, or no matter', () => {
  const bytes = someBytes(10);
  it('a lease does not keep complete from verifying, nor the sweeper from cleaning up', async () => {
    const { fileId, uploadUrl } = await uploaded(bytes);
    await new BlockBlobClient(uploadUrl).getBlobLeaseClient().acquireLease(-1);
    expect((await rig.complete(fileId, bytes)).status).toBe(200);
    expect(await rig.blobs.staging.getBlobClient(`uploads/${fileId}`).exists()).toBe(false);
  });

  it('a lease over blocks not yet put together is a mismatch', async () => {
    const { fileId, uploadUrl } = await uploaded(bytes);
    await putBlock(uploadUrl, 0, bytes);
    await new BlockBlobClient(uploadUrl).getBlobLeaseClient().acquireLease(-1);
    expect(await rig.complete(fileId, bytes)).toMatchObject({
      status: 422,
      json: { code: 'upload-mismatch' },
    });
  });

  it('a page blob is a mismatch', async () => {
    const { fileId, uploadUrl } = await rig.start(await rig.routing(), new Uint8Array(512));
    await new PageBlobClient(uploadUrl, new AnonymousCredential()).create(512);
    expect((await rig.send('GET', `files/${fileId}/upload`)).json['blocks']).toEqual([]);
    expect(await rig.complete(fileId, new Uint8Array(512))).toMatchObject({
      status: 422,
      json: { code: 'upload-mismatch' },
    });
  });

  it('snapshots go with the blob', async () => {
    const { fileId, uploadUrl } = await uploaded(bytes);
    await new BlockBlobClient(uploadUrl).createSnapshot();
    expect((await rig.complete(fileId, bytes)).status).toBe(200);
    const left = rig.blobs.staging.listBlobsFlat({
      prefix: `uploads/${fileId}`,
      includeSnapshots: true,
    });
    expect((await left.next()).done).toBe(true);
  });
});
