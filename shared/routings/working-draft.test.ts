import { beforeEach, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../tests/support/database.ts';
import type { Database } from '../data/index.ts';
import type { Change } from '../history/index.ts';
import { createItemService } from '../items/index.ts';
import { readCamRevision } from './cam-revision-repository.ts';
import { createRoutingService } from './service.ts';
import { openWorkingDraft } from './working-draft.ts';

const change: Change = { by: 'engineer', kind: 'user', at: '2026-03-02T08:00:00.000Z' };
const later: Change = { by: 'CAM-07', kind: 'workstation', at: '2026-03-02T09:00:00.000Z' };
const viewer = { view: 'working', allowedActions: [] } as const;

let database: Database;
let routingId: string;

beforeEach(async () => {
  ({ database } = await createTestDatabase());
  const items = createItemService({ database });
  await items.create({ itemCode: 'I', name: 'Item' }, change);
  await items.addRevision('I', { revisionCode: 'A' }, { change, expectedVersion: undefined });
  const steps = Array.from({ length: 200 }, (_, index) => ({
    sequence: index + 1,
    machine: 'M',
    processDescription: `step ${index + 1}`,
  }));
  const request = { itemCode: 'I', revisionCode: 'A', routingCode: 'R', name: 'N', machine: 'M', steps };
  ({ routingId } = await createRoutingService({ database }).create(viewer, request, change));
});

function open(expectedVersion?: number) {
  return database.transaction((trx) => openWorkingDraft(trx, routingId, later, expectedVersion));
}

function setStatus(status: string): Promise<void> {
  return database.transaction(async (trx) => {
    await trx.updateTable('Routing').set({ status }).where('routingId', '=', routingId).execute();
    await trx.updateTable('CamRevision').set({ status }).where('routingId', '=', routingId).execute();
  });
}

describe('openWorkingDraft', () => {
  it('hands out the Draft there is, and counts the version up', async () => {
    const draft = await open();
    expect(draft).toMatchObject({ camRev: 1, started: false });
    expect(draft.routing).toMatchObject({
      itemCode: 'I',
      revisionCode: 'A',
      version: 2,
      changedBy: 'CAM-07',
    });
  });

  it.each(['PendingApproval', 'Approved', 'Released', 'Superseded', 'Withdrawn'])(
    'starts the next CAM revision after %s as a deep copy',
    async (status) => {
      await setStatus(status);
      const draft = await open();
      expect(draft).toMatchObject({ camRev: 2, started: true });
      expect(draft.routing).toMatchObject({ status: 'Draft', workingCamRev: 2, version: 2 });
      const [before, after] = await Promise.all(
        [1, 2].map((camRev) => readCamRevision(database.read, routingId, camRev)),
      );
      expect(after).toMatchObject({ status: 'Draft', createdBy: 'CAM-07', createdAt: later.at });
      expect(after?.steps.map((step) => step.processDescription)).toEqual(
        before?.steps.map((step) => step.processDescription),
      );
      expect(before?.status).toBe(status);
      const history = await database.read
        .selectFrom('HistoryEntry')
        .selectAll()
        .where('changeType', '=', 'CamRevisionStarted')
        .execute();
      expect(history).toMatchObject([
        { camRev: 2, previousValue: '1', currentValue: '2', actorKind: 'workstation' },
      ]);
    },
  );

  it('starts one for two that come after another', async () => {
    await setStatus('Released');
    const drafts = await Promise.all([open(), open()]);
    expect(drafts.map(({ camRev, started }) => [camRev, started])).toEqual([
      [2, true],
      [2, false],
    ]);
  });

  it('leaves nothing behind when the transaction fails', async () => {
    await setStatus('Released');
    const failing = database.transaction(async (trx) => {
      await openWorkingDraft(trx, routingId, later);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await readCamRevision(database.read, routingId, 2)).toBeUndefined();
  });

  it('refuses an old version and an unknown routing', async () => {
    await expect(open(7)).rejects.toMatchObject({ code: 'precondition-failed', httpStatus: 412 });
    routingId = '7d3f0f0e-8d5c-4a8e-9a55-000000000000';
    await expect(open()).rejects.toMatchObject({ code: 'routing-not-found', httpStatus: 404 });
  });
});
