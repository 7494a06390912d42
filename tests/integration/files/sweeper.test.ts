import { beforeAll, expect, it } from '@jest/globals';
import { sweepUploads } from '../../../shared/files/index.ts';
import {
  REJECTED_LIFETIME_MS,
  UPLOAD_LIFETIME_MS,
  UPLOAD_LINK_MS,
  VERIFICATION_GIVE_UP_MS,
  VERIFICATION_OVERDUE_MS,
} from '../../../shared/files/limits.ts';
import { StorageUnavailableError } from '../../../shared/storage/index.ts';
import { type FilesRig, createFilesRig, putBlob, putBlock, someBytes } from './rig.ts';

const LARGE = 1001;
let rig: FilesRig;
let routingId: string;
beforeAll(async () => {
  rig = await createFilesRig({ verifyAtOnceBytes: LARGE - 1 });
  routingId = await rig.routing();
});

const statusOf = async (fileId: string) => (await rig.send('GET', `files/${fileId}`)).json['status'];
const isStaged = async (fileId: string) =>
  (await rig.content.uploadedBlocks(`uploads/${fileId}`)).length > 0 ||
  (await rig.blobs.staging.getBlobClient(`uploads/${fileId}`).exists());

it('ends an upload nobody finished, blocks included, and no earlier', async () => {
  const { fileId, uploadUrl } = await rig.start(routingId, someBytes(10));
  expect((await putBlock(uploadUrl, 0, someBytes(10))).status).toBe(201);
  rig.clock.pass(UPLOAD_LIFETIME_MS - 60_000);
  await sweepUploads(rig.deps);
  expect(await statusOf(fileId)).toBe('Pending');
  expect(await isStaged(fileId)).toBe(true);
  rig.clock.pass(60_000);
  expect(await sweepUploads(rig.deps)).toMatchObject({ expire: 1 });
  expect(await statusOf(fileId)).toBe('Expired');
  expect(await isStaged(fileId)).toBe(false);
  expect(await sweepUploads(rig.deps)).toMatchObject({ expire: 0 });
});

it('ends a rejected upload after its day', async () => {
  const { fileId, uploadUrl } = await rig.start(routingId, someBytes(10));
  expect((await putBlob(uploadUrl, someBytes(10))).status).toBe(201);
  await rig.complete(fileId, someBytes(10));
  rig.clock.pass(REJECTED_LIFETIME_MS);
  await sweepUploads(rig.deps);
  expect((await rig.send('GET', `files/${fileId}`)).json).toMatchObject({
    status: 'Expired',
    rejectReason: expect.any(String),
  });
  expect(await isStaged(fileId)).toBe(false);
});

it('removes what an old link wrote after complete; the file and the answer of complete stay', async () => {
  const bytes = someBytes(10);
  const { fileId, uploadUrl } = await rig.start(routingId, bytes);
  expect((await putBlob(uploadUrl, bytes)).status).toBe(201);
  const completed = await rig.complete(fileId, bytes);
  expect((await putBlob(uploadUrl, someBytes(10))).status).toBe(201);
  rig.clock.pass(UPLOAD_LINK_MS);
  expect(await sweepUploads(rig.deps)).toMatchObject({ forget: 1 });
  expect(await isStaged(fileId)).toBe(false);
  expect((await rig.complete(fileId, bytes)).json).toEqual(completed.json);
});

it('asks again for a verification that is overdue, and gives up after a day', async () => {
  const bytes = someBytes(LARGE);
  const { fileId, uploadUrl } = await rig.start(routingId, bytes);
  expect((await putBlob(uploadUrl, bytes)).status).toBe(201);
  await rig.complete(fileId, bytes);
  const asked = () =>
    rig.database.read
      .selectFrom('Outbox')
      .select('messageId')
      .where('destination', '=', 'file-verification')
      .where('messageId', '=', fileId)
      .execute();
  expect(await asked()).toHaveLength(0);
  rig.clock.pass(VERIFICATION_OVERDUE_MS);
  expect(await sweepUploads(rig.deps)).toMatchObject({ 'verify-again': 1 });
  expect(await asked()).toHaveLength(1);
  expect(await sweepUploads(rig.deps)).toMatchObject({ 'verify-again': 0 });
  rig.clock.pass(VERIFICATION_GIVE_UP_MS);
  expect(await sweepUploads(rig.deps)).toMatchObject({ 'give-up': 1 });
  expect(await statusOf(fileId)).toBe('Rejected');
});

it('leaves an upload for the next round when the store is away, and one that fails by itself does not keep the others', async () => {
  const [one, two] = [await rig.start(routingId, someBytes(1)), await rig.start(routingId, someBytes(1))];
  rig.clock.pass(UPLOAD_LIFETIME_MS);
  const discarding = (error: Error) => ({
    ...rig.deps,
    content: {
      ...rig.content,
      discard: (name: string) =>
        name.endsWith(one.fileId) ? Promise.reject(error) : rig.content.discard(name),
    },
  });
  await expect(sweepUploads(discarding(new StorageUnavailableError('test')))).rejects.toMatchObject({
    code: 'storage-unavailable',
  });
  expect(await statusOf(one.fileId)).toBe('Pending');
  await sweepUploads(discarding(new Error('a defect')));
  expect([await statusOf(one.fileId), await statusOf(two.fileId)]).toEqual(['Pending', 'Expired']);
  await sweepUploads(rig.deps);
  expect(await statusOf(one.fileId)).toBe('Expired');
});
