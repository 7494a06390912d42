import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  STEPS,
  attachFile,
  makeItem,
  makeRouting,
  moveWorking,
} from '../../tests/support/routing-samples.ts';
import { type ShopApi, createShopApi } from '../../tests/support/shop-api.ts';

let api: ShopApi;
beforeAll(async () => {
  api = await createShopApi();
  await makeItem(api, 'I-1');
});

function patch(routingId: string, json: unknown, ifMatch: string) {
  return api.send('PATCH', `routings/${routingId}`, { json, headers: { 'if-match': ifMatch } });
}

async function historyOf(routingId: string, changeType: string) {
  const reply = await api.send('GET', `history?routingId=${routingId}&changeType=${changeType}`);
  return reply.json['value'] as Record<string, unknown>[];
}

describe('creating and reading a routing', () => {
  it('starts as Draft CAM revision 1 of the caller', async () => {
    const json = {
      itemCode: 'I-1',
      revisionCode: 'A',
      routingCode: '라우팅-1',
      name: '밀링 1차',
      machine: 'Doosan DNM 5700',
      steps: STEPS.toReversed(),
    };
    const created = await api.send('POST', 'routings', { json });
    expect(created.status).toBe(201);
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.headers.get('location')).toBe(`/api/routings/${String(created.json['routingId'])}`);
    const read = await api.send('GET', `routings/${String(created.json['routingId'])}`);
    expect(read.json).toEqual(created.json);
    expect(read.json).toMatchObject({
      ...json,
      steps: STEPS,
      owner: 'engineer',
      status: 'Draft',
      camRev: 1,
      releasedCamRev: null,
      isMain: false,
      version: 1,
      files: [],
      allowedActions: ['change', 'add-file', 'order-command'],
      lastCommand: null,
    });
    expect(await historyOf(String(read.json['routingId']), 'RoutingCreated')).toMatchObject([
      { camRev: 1, currentValue: '라우팅-1', changedBy: 'engineer', actorKind: 'user' },
    ]);
  });

  it('tells a reader that there is nothing to do', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'READ' });
    const read = await api.send('GET', `routings/${routingId}`, { as: 'reader' });
    expect(read.json['allowedActions']).toEqual([]);
  });

  it('refuses a taken code and an item revision that is not there', async () => {
    await makeRouting(api, { itemCode: 'I-1', routingCode: 'TWICE' });
    const json = { itemCode: 'I-1', revisionCode: 'A', routingCode: 'TWICE', name: 'x', machine: 'y' };
    const again = await api.send('POST', 'routings', { json });
    expect(again.status).toBe(409);
    expect(again.json).toMatchObject({ code: 'routing-exists', errors: [{ path: 'routingCode' }] });
    const nowhere = await api.send('POST', 'routings', { json: { ...json, revisionCode: 'Z' } });
    expect(nowhere.status).toBe(422);
    expect(nowhere.json['errors']).toMatchObject([{ path: 'revisionCode' }]);
  });

  it.each([
    ['steps with one number twice', { steps: [STEPS[0], STEPS[0]] }, 'steps[1].sequence'],
    ['step number 0', { steps: [{ ...STEPS[0], sequence: 0 }] }, 'steps[0].sequence'],
    [
      'a long process',
      { steps: [{ ...STEPS[0], processDescription: 'x'.repeat(1001) }] },
      'steps[0].processDescription',
    ],
    [
      'a long tool',
      { steps: [{ ...STEPS[0], toolInformation: 'x'.repeat(501) }] },
      'steps[0].toolInformation',
    ],
    [
      '201 steps',
      { steps: Array.from({ length: 201 }, (_, index) => ({ ...STEPS[0], sequence: index + 1 })) },
      'steps',
    ],
    ['an unknown member of a step', { steps: [{ ...STEPS[0], tool: 1 }] }, 'steps[0].tool'],
    ['a long machine', { machine: 'x'.repeat(101) }, 'machine'],
    ['a path in a code', { routingCode: '../x' }, 'routingCode'],
  ])('refuses %s', async (_what, wrong, path) => {
    const json = { itemCode: 'I-1', revisionCode: 'A', routingCode: 'W', name: 'x', machine: 'y', ...wrong };
    const reply = await api.send('POST', 'routings', { json });
    expect(reply.status).toBe(400);
    expect(reply.json['errors']).toMatchObject([{ path }]);
  });

  it('keeps SQL in every text as text', async () => {
    const evil = `x'); DELETE FROM Routing; -- "\\ %_[`;
    const steps = [
      { sequence: 1, machine: evil, processDescription: evil, toolInformation: evil, notes: evil },
    ];
    const routingId = await makeRouting(api, {
      itemCode: 'I-1',
      routingCode: 'EVIL',
      name: evil,
      machine: evil,
      steps,
    });
    const read = await api.send('GET', `routings/${routingId}`);
    expect(read.json).toMatchObject({ name: evil, machine: evil, steps });
    const changed = await patch(routingId, { owner: evil, comment: evil }, '"1"');
    expect(changed.json['owner']).toBe(evil);
    for (const filter of ['machine', 'owner', 'q', 'itemCode', 'revisionCode']) {
      const value = filter === 'revisionCode' ? `';--` : evil;
      const reply = await api.send('GET', `routings?${filter}=${encodeURIComponent(value)}`);
      expect([filter, reply.status]).toEqual([filter, 200]);
      const expected = ['machine', 'owner', 'q'].includes(filter) ? [routingId] : [];
      expect((reply.json['value'] as { routingId: string }[]).map((row) => row.routingId)).toEqual(expected);
    }
  });

  it('does not know other ids, and takes nothing but ids', async () => {
    expect((await api.send('GET', 'routings/7d3f0f0e-8d5c-4a8e-9a55-000000000000')).status).toBe(404);
    const wrong = await api.send('GET', 'routings/1%20OR%201=1');
    expect(wrong.status).toBe(400);
    expect(wrong.json['errors']).toMatchObject([{ path: 'routingId' }]);
  });
});

describe('changing a Draft', () => {
  it('writes one history entry per changed field', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'PATCHED' });
    const steps = [
      { ...STEPS[0], toolInformation: 'T1 FACE MILL D80 S2000 F1200' },
      { ...STEPS[1], sequence: 30 },
    ];
    const json = { name: 'Milling, second side', owner: 'colleague', steps, comment: '치구 변경' };
    const changed = await patch(routingId, json, '"1"');
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).toBe('"2"');
    expect(changed.json).toMatchObject({ name: json.name, owner: 'colleague', steps, camRev: 1, version: 2 });
    const all = await api.send('GET', `history?routingId=${routingId}`);
    const entries = all.json['value'] as Record<string, unknown>[];
    expect(entries.map(({ changeType, field }) => `${String(changeType)} ${String(field)}`)).toEqual([
      'StepAdded steps[30]',
      'StepRemoved steps[20]',
      'StepChanged steps[10].toolInformation',
      'RoutingChanged name',
      'RoutingChanged owner',
      'RoutingCreated null',
    ]);
    expect(entries[2]).toMatchObject({
      previousValue: STEPS[0].toolInformation,
      currentValue: steps[0]?.toolInformation,
      comment: '치구 변경',
      camRev: 1,
    });
    const asItIs = await api.send('GET', `routings/${routingId}/cam-revisions/1`);
    expect(asItIs.json).toMatchObject({ name: json.name, steps, status: 'Draft' });
  });

  it('keeps version and history when nothing changes', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'UNCHANGED' });
    const same = await patch(routingId, { name: 'Milling', steps: STEPS, comment: 'nothing' }, '"1"');
    expect(same.status).toBe(200);
    expect(same.headers.get('etag')).toBe('"1"');
    expect((await patch(routingId, {}, '"1"')).status).toBe(200);
    const history = await api.send('GET', `history?routingId=${routingId}`);
    expect(history.json['value']).toHaveLength(1);
  });

  it('asks for If-Match and refuses a stale or weak one', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'STALE' });
    const without = await api.send('PATCH', `routings/${routingId}`, { json: { name: 'x' } });
    expect(without.status).toBe(428);
    expect((await patch(routingId, { name: 'second' }, '"1"')).status).toBe(200);
    const stale = await patch(routingId, { name: 'third' }, '"1"');
    expect(stale.status).toBe(412);
    expect(stale.json).toMatchObject({ code: 'precondition-failed', currentVersion: 2 });
    expect((await patch(routingId, { name: 'third' }, 'W/"2"')).status).toBe(412);
    expect((await patch(routingId, { name: 'third' }, '*')).status).toBe(200);
  });

  it('lets one of two changes of the same version win', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'RACE' });
    const replies = await Promise.all(['left', 'right'].map((name) => patch(routingId, { name }, '"1"')));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 412]));
    const winner = replies.find(({ status }) => status === 200);
    const read = await api.send('GET', `routings/${routingId}`);
    expect(read.json).toMatchObject({ version: 2, name: winner?.json['name'] });
    expect(await historyOf(routingId, 'RoutingChanged')).toHaveLength(1);
  });

  it('cannot rename what identifies it', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'FIXED' });
    const reply = await patch(routingId, { routingCode: 'OTHER' }, '"1"');
    expect(reply.status).toBe(400);
    expect(reply.json['errors']).toMatchObject([{ path: 'routingCode' }]);
  });
});

describe('changing what has left Draft', () => {
  it('starts the next CAM revision as a copy and leaves the released one as it was', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'NEXT' });
    const fileId = '0b7d3c5e-93a5-4c1f-8f4e-3c2d1a0b9e8f';
    await attachFile(api, routingId, { fileId, fileName: '부품.esp' });
    await moveWorking(api, routingId, 'Released');
    const steps = [{ ...STEPS[0], notes: 'new' }];
    const changed = await patch(routingId, { machine: 'Hermle C 42 U', steps }, '"2"');
    expect(changed.json).toMatchObject({
      camRev: 2,
      status: 'Draft',
      releasedCamRev: 1,
      machine: 'Hermle C 42 U',
      steps,
      version: 3,
      files: [{ fileName: '부품.esp', camRev: 2, sizeBytes: 5, status: 'Available' }],
    });
    const [file] = changed.json['files'] as { fileId: string }[];
    expect(file?.fileId).not.toBe(fileId);

    const before = await api.send('GET', `routings/${routingId}/cam-revisions/1`);
    expect(before.json).toMatchObject({
      status: 'Released',
      machine: 'DMG MORI DMU 50',
      steps: STEPS,
      files: [{ fileId }],
    });
    expect(await historyOf(routingId, 'CamRevisionStarted')).toMatchObject([
      { camRev: 2, previousValue: '1', currentValue: '2' },
    ]);
    expect((await historyOf(routingId, 'RoutingChanged'))[0]).toMatchObject({ camRev: 2, field: 'machine' });
    const list = await api.send('GET', `routings/${routingId}/cam-revisions`);
    expect(list.json['value']).toMatchObject([{ camRev: 2 }, { camRev: 1, releasedBy: 'approver' }]);
    expect((await api.send('GET', `routings/${routingId}/cam-revisions/3`)).status).toBe(404);
  });

  it('starts none for nothing, nor for a new owner', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'OWNED' });
    await moveWorking(api, routingId, 'PendingApproval');
    const same = await patch(routingId, { steps: STEPS }, '"2"');
    expect(same.json).toMatchObject({ camRev: 1, status: 'PendingApproval', version: 2 });
    const owned = await patch(routingId, { owner: 'colleague' }, '"2"');
    expect(owned.json).toMatchObject({
      camRev: 1,
      status: 'PendingApproval',
      owner: 'colleague',
      version: 3,
    });
  });
});

describe('the last command', () => {
  it('shows on the routing and in its entity tag, and does not stand in the way of a change', async () => {
    const routingId = await makeRouting(api, { itemCode: 'I-1', routingCode: 'COMMANDED' });
    await order(routingId, 'Queued');
    const queued = await api.send('GET', `routings/${routingId}`);
    expect(queued.json['lastCommand']).toMatchObject({ status: 'Queued', error: null });
    const etag = queued.headers.get('etag') ?? '';
    expect(
      (await api.send('GET', `routings/${routingId}`, { headers: { 'if-none-match': etag } })).status,
    ).toBe(304);
    await api.database.transaction(async (trx) => {
      await trx
        .updateTable('CamCommand')
        .set({ status: 'Failed', errorCode: 'CRASH', errorMessage: 'gone' })
        .where('routingId', '=', routingId)
        .execute();
    });
    const failed = await api.send('GET', `routings/${routingId}`, { headers: { 'if-none-match': etag } });
    expect(failed.status).toBe(200);
    expect(failed.json['lastCommand']).toMatchObject({
      status: 'Failed',
      error: { code: 'CRASH', message: 'gone' },
    });
    expect((await patch(routingId, { name: 'after' }, etag)).status).toBe(200);
    expect((await patch(routingId, { name: 'too late' }, etag)).status).toBe(412);
  });
});

async function order(routingId: string, status: string): Promise<void> {
  const at = api.clock.now().toISOString();
  await api.database.transaction(async (trx) => {
    await trx
      .insertInto('CamCommand')
      .values({
        commandId: crypto.randomUUID(),
        routingId,
        itemCode: 'I-1',
        revisionCode: 'A',
        camRev: 1,
        application: 'esprit',
        commandType: 'generate-nc',
        parameters: '{}',
        priority: 5,
        status,
        run: 1,
        attempt: 1,
        maxAttempts: 4,
        requestedAt: at,
        requestedBy: 'engineer',
        requestedByKind: 'user',
        version: 1,
        notBefore: null,
        startedAt: null,
        completedAt: null,
        workstation: null,
        errorCode: null,
        errorMessage: null,
        waitReason: null,
        cancelRequestedAt: null,
        cancelRequestedBy: null,
        cancelReason: null,
        traceparent: null,
      })
      .execute();
  });
}
