import { findFile } from '../../../shared/files/file-repository.ts';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type FilesRig,
  blockId,
  blocksOf,
  createFilesRig,
  putBlob,
  putBlock,
  sha256Of,
  someBytes,
} from './rig.ts';

let rig: FilesRig;
beforeAll(async () => {
  rig = await createFilesRig();
});

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer());
}

describe('a file uploaded in blocks', () => {
  it('is attached to the working Draft with its history, and comes back byte for byte', async () => {
    const routingId = await rig.routing();
    const bytes = someBytes(120_007);
    const started = await rig.start(routingId, bytes, {
      fileName: 'Gehäuse 하우징.nc',
      role: 'nc-program',
      contentType: 'text/plain; charset=utf-8',
    });
    expect(started.blockSizeBytes).toBe(8 * 1024 * 1024);
    // More than ten, and sent out of order: neither arrival nor the text of the ids says where a block belongs.
    const blocks = blocksOf(bytes, 10_000);
    for (const [index, block] of [...blocks.entries()].toReversed()) {
      expect((await putBlock(started.uploadUrl, index, block)).status).toBe(201);
    }
    expect(await rig.files(routingId)).toEqual([]);

    const completed = await rig.complete(started.fileId, bytes);
    const facts = {
      fileId: started.fileId,
      routingId,
      camRev: 1,
      fileName: 'Gehäuse 하우징.nc',
      role: 'nc-program',
      sizeBytes: bytes.length,
      sha256: sha256Of(bytes),
      status: 'Available',
      uploadedBy: 'engineer',
    };
    expect(completed).toMatchObject({ status: 200, json: facts });
    expect(await rig.files(routingId)).toEqual([expect.objectContaining(facts)]);
    expect((await rig.send('GET', `files/${started.fileId}`)).json).toEqual(completed.json);
    expect((await rig.history(routingId))[0]).toMatchObject({
      changeType: 'FileAdded',
      field: 'file Gehäuse 하우징.nc',
      currentValue: `sha256 ${sha256Of(bytes)}`,
      changedBy: 'engineer',
      actorKind: 'user',
      camRev: 1,
    });

    const whole = await rig.download(started.fileId);
    expect(await bytesOf(whole)).toEqual(bytes);
    expect(whole.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(whole.headers.get('content-disposition')).toBe(
      `attachment; filename="Geh_use ___.nc"; filename*=UTF-8''${encodeURIComponent('Gehäuse 하우징.nc')}`,
    );
    const part = await rig.download(started.fileId, { range: 'bytes=9999-50000' });
    expect(part.status).toBe(206);
    expect(await bytesOf(part)).toEqual(bytes.subarray(9999, 50_001));
  });

  it('is taken up again with the blocks that are there', async () => {
    const bytes = someBytes(30_000);
    const [first, second, third] = blocksOf(bytes, 10_000) as [Uint8Array, Uint8Array, Uint8Array];
    const { fileId, uploadUrl } = await rig.start(await rig.routing(), bytes);
    await putBlock(uploadUrl, 2, third);
    await putBlock(uploadUrl, 0, first);

    const resumed = await rig.send('GET', `files/${fileId}/upload`);
    expect(resumed.json['blocks']).toEqual([
      { blockId: blockId(0, first), index: 0, sizeBytes: 10_000 },
      { blockId: blockId(2, third), index: 2, sizeBytes: 10_000 },
    ]);
    expect((await putBlock(String(resumed.json['uploadUrl']), 1, second)).status).toBe(201);
    expect((await rig.complete(fileId, bytes)).status).toBe(200);
    expect(await bytesOf(await rig.download(fileId))).toEqual(bytes);
    expect(await rig.send('GET', `files/${fileId}/upload`)).toMatchObject({
      status: 409,
      json: { code: 'upload-finished' },
    });
  });

  it('is taken up again after the blocks were put together and the rest came to nothing', async () => {
    const bytes = someBytes(20_000);
    const [first, second] = blocksOf(bytes, 10_000) as [Uint8Array, Uint8Array];
    const { fileId, uploadUrl } = await rig.start(await rig.routing(), bytes);
    await putBlock(uploadUrl, 0, first);
    await rig.blobs.staging.getBlockBlobClient(`uploads/${fileId}`).commitBlockList([blockId(0, first)]);
    const resumed = await rig.send('GET', `files/${fileId}/upload`);
    expect(resumed.json['blocks']).toHaveLength(1);
    await putBlock(uploadUrl, 1, second);
    expect((await rig.complete(fileId, bytes)).status).toBe(200);
  });
});

describe('a file uploaded in one put', () => {
  it.each([
    ['of some bytes', someBytes(5000)],
    ['of none', new Uint8Array()],
  ])('%s comes back', async (_what, bytes) => {
    const fileId = await rig.upload(await rig.routing(), bytes);
    expect(await bytesOf(await rig.download(fileId))).toEqual(Buffer.from(bytes));
  });

  it('may have bytes that another file has: they are stored once', async () => {
    const bytes = someBytes(1000);
    const one = await rig.upload(await rig.routing(), bytes);
    const other = await rig.upload(await rig.routing(), bytes);
    expect(other).not.toBe(one);
    expect(await bytesOf(await rig.download(other))).toEqual(bytes);
    const stored = rig.database.read.selectFrom('StoredFile').selectAll();
    expect(await stored.where('sha256', '=', sha256Of(bytes)).execute()).toHaveLength(1);
  });

  it('takes the place of the file with the same name', async () => {
    const routingId = await rig.routing();
    const [before, after] = [someBytes(10), someBytes(10)];
    const replaced = await rig.upload(routingId, before, { fileName: 'e\u0301.nc' });
    const fileId = await rig.upload(routingId, after, { fileName: '\u00e9.nc' });
    expect((await rig.files(routingId)).map((file) => file['fileId'])).toEqual([fileId]);
    expect((await rig.history(routingId))[0]).toMatchObject({
      changeType: 'FileReplaced',
      previousValue: `sha256 ${sha256Of(before)}`,
      currentValue: `sha256 ${sha256Of(after)}`,
    });
    expect((await rig.send('GET', `files/${replaced}`)).status).toBe(404);
    expect((await rig.complete(replaced, before)).status).toBe(404);
  });

  it('leaves nothing in staging', async () => {
    const fileId = await rig.upload(await rig.routing(), someBytes(10));
    expect(await rig.blobs.staging.getBlobClient(`uploads/${fileId}`).exists()).toBe(false);
  });
});

describe('what does not hold is rejected for good', () => {
  const bytes = someBytes(100);
  it.each([
    ['other bytes', someBytes(100), 'the uploaded bytes have SHA-256'],
    ['too few bytes', someBytes(99), '99 bytes were uploaded, 100 announced'],
    ['too many bytes', someBytes(101), '101 bytes were uploaded, 100 announced'],
    ['nothing', undefined, 'nothing was uploaded'],
  ])('%s', async (_what, uploaded, reason) => {
    const routingId = await rig.routing();
    const { fileId, uploadUrl } = await rig.start(routingId, bytes);
    if (uploaded) await putBlob(uploadUrl, uploaded);
    const refusal = { code: 'upload-mismatch', status: 422, reason: expect.stringContaining(reason) };
    expect((await rig.complete(fileId, bytes)).json).toMatchObject(refusal);
    // Also when the right bytes come after all: what was refused stays refused.
    await putBlob(uploadUrl, bytes);
    expect((await rig.complete(fileId, bytes)).json).toMatchObject(refusal);
    expect((await rig.send('GET', `files/${fileId}`)).json).toMatchObject({
      status: 'Rejected',
      camRev: null,
    });
    expect((await rig.send('GET', `files/${fileId}/content`)).json).toMatchObject({
      code: 'file-not-available',
    });
    expect(await rig.files(routingId)).toEqual([]);
  });

  it('another digest than the one announced at the start', async () => {
    const { fileId, uploadUrl } = await rig.start(await rig.routing(), bytes, {
      sha256: sha256Of(someBytes(1)),
    });
    await putBlob(uploadUrl, bytes);
    expect((await rig.complete(fileId, bytes)).json).toMatchObject({ code: 'upload-mismatch' });
  });
});

describe('complete', () => {
  it('said twice gives the same answer, and one effect', async () => {
    const routingId = await rig.routing();
    const bytes = someBytes(10);
    const fileId = await rig.upload(routingId, bytes);
    const before = await rig.history(routingId);
    const again = await rig.complete(fileId, bytes);
    expect(again).toMatchObject({ status: 200, json: { fileId, status: 'Available' } });
    expect(await rig.history(routingId)).toEqual(before);
    expect((await rig.complete(fileId, someBytes(10))).status).toBe(422);
  });

  it('said many times at once has one effect, and every answer is the same', async () => {
    const routingId = await rig.routing();
    const bytes = someBytes(200_000);
    const { fileId, uploadUrl } = await rig.start(routingId, bytes);
    for (const [index, block] of blocksOf(bytes, 20_000).entries()) await putBlock(uploadUrl, index, block);
    const answers = await Promise.all(Array.from({ length: 6 }, () => rig.complete(fileId, bytes)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await rig.files(routingId)).toHaveLength(1);
    const added = (await rig.history(routingId)).filter(({ changeType }) => changeType === 'FileAdded');
    expect(added).toHaveLength(1);
    expect(await bytesOf(await rig.download(fileId))).toEqual(bytes);
  });

  it('while somebody looks for the file leaves them a file to find', async () => {
    const routingId = await rig.routing();
    const bytes = someBytes(10);
    const { fileId, uploadUrl } = await rig.start(routingId, bytes);
    await putBlob(uploadUrl, bytes);
    let completed: Promise<unknown> | undefined;
    const look = rig.database.read.withPlugin({
      transformQuery: ({ node }) => node,
      // The first look, among the files of routings, has found nothing.
      transformResult: async ({ result }) => {
        await (completed ??= rig.complete(fileId, bytes));
        return result;
      },
    });
    expect(await findFile(look, fileId)).toMatchObject({
      kind: 'stored',
      file: { fileId, status: 'Available' },
    });
  });

  it('after the upload has expired is refused', async () => {
    const bytes = someBytes(10);
    const { fileId, uploadUrl } = await rig.start(await rig.routing(), bytes);
    await putBlob(uploadUrl, bytes);
    await rig.database.transaction((trx) =>
      trx
        .updateTable('UploadSession')
        .set({ expiresAt: rig.clock.now().toISOString() })
        .where('fileId', '=', fileId)
        .execute(),
    );
    const refusal = { status: 410, json: { code: 'upload-expired' } };
    expect(await rig.complete(fileId, bytes)).toMatchObject(refusal);
    expect(await rig.send('GET', `files/${fileId}/upload`)).toMatchObject(refusal);
  });
});
