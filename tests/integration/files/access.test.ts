import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Caller, type FilesRig, createFilesRig, putBlob, sha256Of, someBytes } from './rig.ts';

let rig: FilesRig;
beforeAll(async () => {
  rig = await createFilesRig();
});

/** As the routing's life cycle leaves it. */
async function release(routingId: string): Promise<void> {
  await rig.database.transaction(async (trx) => {
    const released = { status: 'Released', releasedCamRev: 1 };
    await trx.updateTable('Routing').set(released).where('routingId', '=', routingId).execute();
    const revision = trx.updateTable('CamRevision').set({ status: 'Released' });
    await revision.where('routingId', '=', routingId).execute();
  });
}

const EVERYBODY = [
  'machinist',
  'reader',
  'engineer',
  'approver',
  'operator',
  'admin',
  'cmdhost',
] as const satisfies readonly Caller[];

async function statuses(method: string, target: string): Promise<number[]> {
  const answers = await Promise.all(EVERYBODY.map((as) => rig.send(method, target, { as })));
  return answers.map(({ status }) => status);
}

describe('who sees and downloads', () => {
  it('a file of the Draft', async () => {
    const fileId = await rig.upload(await rig.routing(), someBytes(10));
    expect(await statuses('GET', `files/${fileId}`)).toEqual([404, 200, 200, 200, 200, 200, 403]);
    expect(await statuses('GET', `files/${fileId}/content`)).toEqual([404, 403, 302, 302, 403, 302, 403]);
  });

  it('a file of the released CAM revision, and the Draft that follows it', async () => {
    const routingId = await rig.routing();
    const released = await rig.upload(routingId, someBytes(10), { fileName: 'released.nc' });
    await release(routingId);
    const draft = await rig.upload(routingId, someBytes(10), { fileName: 'draft.nc' });
    expect(await statuses('GET', `files/${released}`)).toEqual([200, 200, 200, 200, 200, 200, 403]);
    expect(await statuses('GET', `files/${released}/content`)).toEqual([302, 302, 302, 302, 302, 302, 403]);
    expect((await rig.send('GET', `files/${draft}`)).json).toMatchObject({ camRev: 2 });
    expect(await statuses('GET', `files/${draft}/content`)).toEqual([404, 403, 302, 302, 403, 302, 403]);
  });

  it('an upload under way', async () => {
    const { fileId } = await rig.start(await rig.routing(), someBytes(10));
    expect(await statuses('GET', `files/${fileId}`)).toEqual([404, 404, 200, 404, 404, 200, 403]);
    expect(await statuses('GET', `files/${fileId}/content`)).toEqual([404, 404, 409, 404, 404, 409, 403]);
  });

  it('what a command made and a later run replaced', async () => {
    const routingId = await rig.routing();
    const bytes = someBytes(10);
    const fileId = await rig.upload(routingId, bytes);
    const commandId = randomUUID();
    await madeByCommand(routingId, { fileId, commandId, bytes });
    expect((await rig.send('GET', `files/${fileId}`)).json).toMatchObject({
      commandId,
      uploadedBy: 'WS-01',
      status: 'Available',
    });
    expect(await statuses('GET', `files/${fileId}/content`)).toEqual([404, 403, 302, 302, 403, 302, 403]);
    expect((await rig.send('DELETE', `files/${fileId}`)).json).toMatchObject({ code: 'file-not-draft' });
  });
});

describe('who writes', () => {
  it('engineers alone, and uploads are their own', async () => {
    const routingId = await rig.routing();
    const json = { fileName: 'a.nc', sizeBytes: 1 };
    const writers = EVERYBODY.map((as) => rig.send('POST', `routings/${routingId}/files`, { as, json }));
    expect((await Promise.all(writers)).map(({ status }) => status)).toEqual([
      403, 403, 201, 403, 403, 201, 403,
    ]);
    const { fileId } = await rig.start(routingId, someBytes(1));
    const as = 'colleague';
    for (const [method, target, body] of [
      ['GET', `files/${fileId}/upload`, undefined],
      ['POST', `files/${fileId}/complete`, { sha256: sha256Of(someBytes(1)) }],
      ['DELETE', `files/${fileId}`, undefined],
    ] as const) {
      expect(await rig.send(method, target, { as, json: body })).toMatchObject({
        status: 403,
        json: { code: 'not-your-upload' },
      });
    }
    expect((await rig.send('DELETE', `files/${fileId}`, { as: 'reader' })).status).toBe(403);
  });

  it('nobody to what is not there', async () => {
    const fileId = randomUUID();
    const json = { sha256: '0'.repeat(64) };
    expect((await rig.send('POST', `files/${fileId}/complete`, { json })).status).toBe(404);
    for (const target of [`files/${fileId}`, `files/${fileId}/upload`, `files/${fileId}/content`]) {
      expect((await rig.send('GET', target)).status).toBe(404);
    }
    expect((await rig.send('DELETE', `files/${fileId}`)).status).toBe(404);
    const start = { fileName: 'a.nc', sizeBytes: 1 };
    expect(await rig.send('POST', `routings/${fileId}/files`, { json: start })).toMatchObject({
      status: 404,
      json: { code: 'routing-not-found' },
    });
  });
});

describe('removing', () => {
  it('takes a file out of the Draft, with its history; the bytes stay for who else has them', async () => {
    const routingId = await rig.routing();
    const bytes = someBytes(10);
    const fileId = await rig.upload(routingId, bytes);
    expect((await rig.send('DELETE', `files/${fileId}`)).status).toBe(204);
    expect(await rig.files(routingId)).toEqual([]);
    expect((await rig.history(routingId))[0]).toMatchObject({
      changeType: 'FileRemoved',
      field: 'file O1001.nc',
      previousValue: `sha256 ${sha256Of(bytes)}`,
      currentValue: null,
    });
    expect((await rig.send('DELETE', `files/${fileId}`)).status).toBe(404);
    expect(await rig.blobs.content.getBlobClient(`sha256/${sha256Of(bytes)}`).exists()).toBe(true);
  });

  it('leaves CAM revisions that are no Draft as they are', async () => {
    const routingId = await rig.routing();
    const fileId = await rig.upload(routingId, someBytes(10));
    await release(routingId);
    const before = await rig.send('GET', `routings/${routingId}`);
    expect(await rig.send('DELETE', `files/${fileId}`)).toMatchObject({
      status: 409,
      json: { code: 'file-not-draft', camRev: 1 },
    });
    expect((await rig.send('GET', `routings/${routingId}`)).json).toEqual(before.json);

    await rig.upload(routingId, someBytes(10), { fileName: 'next.nc' });
    const [copy] = await rig.files(routingId);
    expect(copy).toMatchObject({ fileName: 'O1001.nc', camRev: 2 });
    expect((await rig.send('DELETE', `files/${fileId}`)).status).toBe(409);
    expect((await rig.send('DELETE', `files/${String(copy?.['fileId'])}`)).status).toBe(204);
    expect((await rig.send('GET', `files/${fileId}`)).status).toBe(200);
  });

  it('ends an upload under way', async () => {
    const bytes = someBytes(10);
    const { fileId, uploadUrl } = await rig.start(await rig.routing(), bytes);
    await putBlob(uploadUrl, bytes);
    expect((await rig.send('DELETE', `files/${fileId}`)).status).toBe(204);
    expect(await rig.blobs.staging.getBlobClient(`uploads/${fileId}`).exists()).toBe(false);
    expect((await rig.complete(fileId, bytes)).status).toBe(410);
    expect((await rig.send('DELETE', `files/${fileId}`)).status).toBe(404);
  });
});

it.each([
  [{ fileName: '../O1001.nc' }, 'fileName'],
  [{ fileName: 'NUL' }, 'fileName'],
  [{ fileName: 'a'.repeat(201) }, 'fileName'],
  [{ sizeBytes: -1 }, 'sizeBytes'],
  [{ sizeBytes: 1.5 }, 'sizeBytes'],
  [{ sizeBytes: 20 * 1024 ** 3 + 1 }, 'sizeBytes'],
  [{ role: 'virus' }, 'role'],
  [{ contentType: 'text/html\r\nX: y' }, 'contentType'],
  [{ sha256: 'abc' }, 'sha256'],
  [{ path: '/x' }, 'path'],
])('refuses %j by naming the field', async (wrong, path) => {
  const json = { fileName: 'a.nc', sizeBytes: 1, ...wrong };
  expect(await rig.send('POST', `routings/${randomUUID()}/files`, { json })).toMatchObject({
    status: 400,
    json: { errors: [expect.objectContaining({ path })] },
  });
});

/** What stays of an output whose place in the routing another file has taken. */
async function madeByCommand(
  routingId: string,
  { fileId, commandId, bytes }: { fileId: string; commandId: string; bytes: Uint8Array },
): Promise<void> {
  const at = rig.clock.now().toISOString();
  await rig.database.transaction(async (trx) => {
    await trx.deleteFrom('RoutingFile').where('fileId', '=', fileId).execute();
    await trx
      .insertInto('CamCommand')
      .values({
        commandId,
        routingId,
        itemCode: 'I',
        revisionCode: 'A',
        camRev: 1,
        application: 'esprit',
        commandType: 'GenerateNcProgram',
        parameters: '{}',
        priority: 5,
        status: 'Succeeded',
        run: 1,
        attempt: 1,
        maxAttempts: 4,
        requestedAt: at,
        requestedBy: 'engineer',
        requestedByKind: 'user',
        workstation: 'WS-01',
        version: 1,
      })
      .execute();
    await trx
      .insertInto('CamCommandOutput')
      .values({
        fileId,
        commandId,
        routingId,
        camRev: 1,
        fileName: 'O1001.nc',
        role: 'nc-program',
        contentType: 'text/plain',
        sha256: sha256Of(bytes),
        sizeBytes: bytes.length,
        madeAt: at,
      })
      .execute();
  });
}
