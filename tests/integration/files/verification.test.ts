import { beforeAll, describe, expect, it } from '@jest/globals';
import { registerFileVerification } from '../../../functions/messaging/file-verification.ts';
import { relayOutbox } from '../../../shared/outbox/index.ts';
import { messageTargets } from '../../../functions/outbox-targets.ts';
import { StorageUnavailableError } from '../../../shared/storage/index.ts';
import { invokeRegistered } from '../../support/functions-core.ts';
import { type FilesRig, createFilesRig, putBlob, sha256Of, someBytes } from './rig.ts';

const LARGE = 1001;
let rig: FilesRig;
let isStoreAway = false;
let isBrokerAway = false;
beforeAll(async () => {
  rig = await createFilesRig({ verifyAtOnceBytes: LARGE - 1 }, { isBrokerAway: () => isBrokerAway });
  const { content } = rig;
  registerFileVerification({
    ...rig.deps,
    content: {
      ...content,
      takeIn: (...given) =>
        isStoreAway ? Promise.reject(new StorageUnavailableError('test')) : content.takeIn(...given),
    },
  });
});

/** The trigger function, as the host calls it with a message. */
async function deliver(body: unknown): Promise<void> {
  await invokeRegistered('file-verification', { json: JSON.stringify(body) });
}

async function completed(bytes: Uint8Array, announced: Uint8Array = bytes) {
  rig.sent.length = 0;
  const routingId = await rig.routing();
  const { fileId, uploadUrl } = await rig.start(routingId, announced);
  await putBlob(uploadUrl, bytes);
  const answer = await rig.complete(fileId, announced);
  return { routingId, fileId, answer };
}

describe('a large file', () => {
  it('is answered at once, asked to be verified, and available only then', async () => {
    const bytes = someBytes(LARGE);
    const { routingId, fileId, answer } = await completed(bytes);
    expect(answer).toMatchObject({ status: 202, json: { fileId, status: 'Verifying', camRev: null } });
    expect(answer.headers.get('location')).toBe(`/api/files/${fileId}`);
    const body = { schemaVersion: 1, fileId };
    expect(rig.sent).toEqual([
      expect.objectContaining({ queue: 'file-verification', messageId: fileId, body }),
    ]);
    expect(await rig.files(routingId)).toEqual([]);
    expect((await rig.send('GET', `files/${fileId}/content`)).json).toMatchObject({
      code: 'file-not-available',
    });
    expect((await rig.send('GET', `files/${fileId}/upload`)).status).toBe(409);
    // Said again, it is not asked for again.
    expect(await rig.complete(fileId, bytes)).toMatchObject({ status: 202 });
    expect(await rig.complete(fileId, someBytes(LARGE))).toMatchObject({ status: 422 });
    expect(rig.sent).toHaveLength(1);

    await deliver(body);
    expect((await rig.send('GET', `files/${fileId}`)).json).toMatchObject({
      status: 'Available',
      uploadedBy: 'engineer',
      sha256: sha256Of(bytes),
    });
    expect((await rig.complete(fileId, bytes)).status).toBe(200);
    expect((await rig.history(routingId))[0]).toMatchObject({
      changeType: 'FileAdded',
      changedBy: 'engineer',
      actorKind: 'user',
    });

    await deliver(body);
    const added = (await rig.history(routingId)).filter(({ changeType }) => changeType === 'FileAdded');
    expect(added).toHaveLength(1);
  });

  it('delivered several times at once has one effect', async () => {
    const { routingId, fileId } = await completed(someBytes(LARGE));
    await Promise.all(Array.from({ length: 4 }, () => deliver({ schemaVersion: 1, fileId })));
    expect(await rig.files(routingId)).toHaveLength(1);
    const added = (await rig.history(routingId)).filter(({ changeType }) => changeType === 'FileAdded');
    expect(added).toHaveLength(1);
  });

  it('with other bytes is rejected, with the reason', async () => {
    const { fileId } = await completed(someBytes(LARGE), someBytes(LARGE));
    await deliver({ schemaVersion: 1, fileId });
    expect((await rig.send('GET', `files/${fileId}`)).json).toMatchObject({
      status: 'Rejected',
      rejectReason: expect.stringContaining('the uploaded bytes have SHA-256'),
    });
  });

  it('waits half a minute while the store is away, at the cost of no delivery', async () => {
    const { fileId } = await completed(someBytes(LARGE));
    rig.sent.length = 0;
    isStoreAway = true;
    try {
      await deliver({ schemaVersion: 1, fileId });
    } finally {
      isStoreAway = false;
    }
    const [again] = rig.sent;
    expect(again).toMatchObject({ queue: 'file-verification', body: { schemaVersion: 1, fileId } });
    const waitMs = (again?.scheduledEnqueueTimeUtc?.getTime() ?? 0) - Date.now();
    expect(waitMs).toBeGreaterThan(20_000);
    await deliver(again?.body);
    expect((await rig.send('GET', `files/${fileId}`)).json).toMatchObject({ status: 'Available' });
  });

  it('whose upload was ended in the meantime is left alone', async () => {
    const { routingId, fileId } = await completed(someBytes(LARGE));
    expect((await rig.send('DELETE', `files/${fileId}`)).status).toBe(204);
    await deliver({ schemaVersion: 1, fileId });
    expect((await rig.send('GET', `files/${fileId}`)).json).toMatchObject({ status: 'Expired' });
    expect(await rig.files(routingId)).toEqual([]);
  });
});

it('a message that was not sent goes out with the relay', async () => {
  const bytes = someBytes(LARGE);
  const { fileId, uploadUrl } = await rig.start(await rig.routing(), bytes);
  await putBlob(uploadUrl, bytes);
  isBrokerAway = true;
  try {
    expect((await rig.complete(fileId, bytes)).status).toBe(202);
  } finally {
    isBrokerAway = false;
  }
  rig.sent.length = 0;
  rig.clock.pass(60_000);
  await relayOutbox({ ...rig.deps, targets: messageTargets(rig.deps.sender) });
  expect(rig.sent.map(({ messageId }) => messageId)).toEqual([fileId]);
});

it('a message that cannot be read fails, to end among the dead letters', async () => {
  await expect(deliver({ schemaVersion: 1, fileId: 'x' })).rejects.toThrow('fileId');
});
