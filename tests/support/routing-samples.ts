import type { Queries } from '../../shared/data/index.ts';
import type { ShopApi } from './shop-api.ts';

export const STEPS = [
  {
    sequence: 10,
    machine: 'DMG MORI DMU 50',
    processDescription: 'Face top',
    toolInformation: 'T1 FACE MILL D63 S2400 F1500',
    notes: null,
  },
  {
    sequence: 20,
    machine: 'DMG MORI DMU 50',
    processDescription: '포켓 황삭',
    toolInformation: 'T2 END MILL D12 S8000 F2400',
    notes: '절삭유 확인',
  },
] as const;

/** An item with revision A. */
export async function makeItem(api: ShopApi, itemCode: string): Promise<void> {
  const item = await api.send('POST', 'items', { json: { itemCode, name: `Item ${itemCode}` } });
  const revision = await api.send('POST', `items/${encodeURIComponent(itemCode)}/revisions`, {
    json: { revisionCode: 'A' },
  });
  if (item.status !== 201 || revision.status !== 201) throw new Error(`${item.text} ${revision.text}`);
}

export interface RoutingSample {
  readonly itemCode: string;
  readonly routingCode: string;
  readonly name?: string;
  readonly machine?: string;
  readonly steps?: readonly unknown[];
}

/** A routing of revision A; its id. */
export async function makeRouting(api: ShopApi, sample: RoutingSample): Promise<string> {
  const json = { revisionCode: 'A', name: 'Milling', machine: 'DMG MORI DMU 50', steps: STEPS, ...sample };
  const reply = await api.send('POST', 'routings', { json });
  if (reply.status !== 201) throw new Error(reply.text);
  return String(reply.json['routingId']);
}

/** Puts the working CAM revision where the life cycle would: there is no operation for it yet. */
export async function moveWorking(api: ShopApi, routingId: string, status: string): Promise<void> {
  await api.database.transaction(async (trx) => {
    const { workingCamRev } = await trx
      .selectFrom('Routing')
      .select('workingCamRev')
      .where('routingId', '=', routingId)
      .executeTakeFirstOrThrow();
    const released = status === 'Released';
    const at = api.clock.now().toISOString();
    await trx
      .updateTable('CamRevision')
      .set({ status, ...(released ? { releasedAt: at, releasedBy: 'approver' } : {}) })
      .where('routingId', '=', routingId)
      .where('camRev', '=', workingCamRev)
      .execute();
    await setRouting(trx, routingId, released ? { status, releasedCamRev: workingCamRev } : { status });
  });
}

async function setRouting(
  trx: Queries,
  routingId: string,
  values: { status: string; releasedCamRev?: number },
): Promise<void> {
  await trx
    .updateTable('Routing')
    .set((eb) => ({ ...values, version: eb('version', '+', 1) }))
    .where('routingId', '=', routingId)
    .execute();
}

/** Gives the working CAM revision a verified file. */
export async function attachFile(
  api: ShopApi,
  routingId: string,
  file: { fileId: string; fileName: string },
): Promise<void> {
  const sha256 = 'ab'.repeat(32);
  const at = api.clock.now().toISOString();
  await api.database.transaction(async (trx) => {
    await trx.insertInto('StoredFile').values({ sha256, sizeBytes: 5, storedAt: at }).execute();
    await trx
      .insertInto('RoutingFile')
      .values({
        ...file,
        routingId,
        camRev: 1,
        role: 'cam-model',
        contentType: 'application/octet-stream',
        sha256,
        sizeBytes: 5,
        uploadedAt: at,
        uploadedBy: 'engineer',
        commandId: null,
      })
      .execute();
  });
}
