import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type OrchestrationRig,
  announce,
  heartbeat,
  mustClaim,
  startRig,
} from '../../support/orchestration.ts';

const UNKNOWN_ID = '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';

describe('a pause', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const start = (json: Record<string, unknown>, as: 'operator' | 'engineer' = 'operator') =>
    rig.http('POST', 'pauses', { as, json: { reason: 'new licence server', ...json } });
  const end = (pauseId: unknown) => rig.http('DELETE', `pauses/${String(pauseId)}`, { as: 'operator' });
  const list = async (query = '') =>
    (await rig.http('GET', `pauses${query}`, { as: 'reader' })).json['value'] as Record<string, unknown>[];
  const actions = () =>
    rig.database.read
      .selectFrom('OperatorAction')
      .select(['action', 'subject', 'reason', 'previousValue', 'currentValue', 'actedBy', 'actorKind'])
      .orderBy('seq')
      .execute();
  const waitReason = async (commandId: string) =>
    (await rig.http('GET', `commands/${commandId}`, { as: 'reader' })).json['waitReason'];

  it('of a type keeps its commands waiting until an operator ends it, and is told at once', async () => {
    const pause = await start({ application: 'esprit', commandType: 'Simulate' });
    expect(pause).toMatchObject({
      status: 201,
      json: { active: true, reason: 'new licence server', createdBy: 'operator', resumeAt: null },
    });
    const simulated = await rig.order({ commandType: 'Simulate', priority: 9 });
    const plain = await rig.order();
    expect((await mustClaim(rig)).commandId).toBe(plain);
    expect(await rig.claim()).toBeUndefined();
    expect(await waitReason(simulated)).toBe('paused: new licence server (esprit Simulate)');
    expect(await rig.sweep()).toEqual([]);

    const bells = rig.sender.to('esprit-dispatch').length;
    expect(await end(pause.json['pauseId'])).toMatchObject({
      status: 200,
      json: { active: false, endedBy: 'operator' },
    });
    expect(rig.sender.to('esprit-dispatch').slice(bells)).toHaveLength(1);
    expect((await mustClaim(rig)).commandId).toBe(simulated);
    expect(await actions()).toEqual([
      {
        action: 'PauseStarted',
        subject: 'esprit Simulate',
        reason: 'new licence server',
        previousValue: 'running',
        currentValue: 'paused',
        actedBy: 'operator',
        actorKind: 'user',
      },
      {
        action: 'PauseEnded',
        subject: 'esprit Simulate',
        reason: null,
        previousValue: 'paused: new licence server',
        currentValue: 'running',
        actedBy: 'operator',
        actorKind: 'user',
      },
    ]);
  });

  it('ended with an Idempotency-Key has ended also when the first answer was lost', async () => {
    const { pauseId } = (await start({ application: 'esprit' })).json;
    const headers = { 'idempotency-key': 'end-1' };
    const endIt = () => rig.http('DELETE', `pauses/${String(pauseId)}`, { as: 'operator', headers });
    rig.database.loseAnswers = 1;
    expect((await endIt()).status).toBe(500);
    expect(await endIt()).toMatchObject({ status: 200, json: { active: false, endedBy: 'operator' } });
    expect(await end(pauseId)).toMatchObject({ status: 409, json: { code: 'pause-ended' } });
    expect((await actions()).map(({ action }) => action)).toEqual(['PauseStarted', 'PauseEnded']);
  });

  it('ends by itself at the time set for it; the sweeper rings and notes it once', async () => {
    await start({ application: 'esprit', resumeAt: '2030-01-01T01:00:00+00:30' });
    const commandId = await rig.order();
    expect(await waitReason(commandId)).toBe(
      'paused: new licence server (esprit until 2030-01-01T00:30:00.000Z)',
    );
    await rig.pass(30 * 60_000 - 1);
    expect(await rig.claim()).toBeUndefined();
    await rig.pass(1);
    expect(await list()).toEqual([]);
    expect(await rig.sweep()).toHaveLength(1);
    await rig.sweep();
    expect((await mustClaim(rig)).commandId).toBe(commandId);
    expect(await list('?active=false')).toMatchObject([
      { active: false, endedAt: '2030-01-01T00:30:00.000Z', endedBy: 'mcms' },
    ]);
    expect(await actions()).toMatchObject([
      { action: 'PauseStarted', currentValue: 'paused until 2030-01-01T00:30:00.000Z' },
      { action: 'PauseEnded', actedBy: 'mcms', actorKind: 'service' },
    ]);
  });

  it('of a workstation lets it drain: heartbeats say so, claims get nothing, a request to cancel wins', async () => {
    const commandId = await rig.order();
    await rig.order();
    const job = await mustClaim(rig);
    const pause = await start({ workstation: 'WS-1' });
    expect(await heartbeat(rig, job)).toMatchObject({ status: 200, json: { action: 'drain' } });
    expect(await rig.claim()).toBeUndefined();
    expect((await rig.http('GET', 'workstations', { as: 'reader' })).json['value']).toMatchObject([
      { name: 'WS-1', state: 'paused', pause: { pauseId: pause.json['pauseId'] } },
    ]);
    await rig.http('POST', `commands/${commandId}/cancel`, { json: { reason: 'wrong tool' } });
    await rig.harness.idle();
    expect(await heartbeat(rig, job)).toMatchObject({ json: { action: 'cancel' } });

    await announce(rig, { as: 'cmdhost-2', workstation: 'WS-2' });
    const other = await rig.http('POST', 'agent/claim', {
      as: 'cmdhost-2',
      json: { schemaVersion: 1, workstation: 'WS-2', claimId: UNKNOWN_ID, applications: ['esprit'] },
    });
    expect(other.status).toBe(200);
  });

  it('is one for each thing that can be paused, also when two are asked for at once', async () => {
    const both = await Promise.all([start({ application: 'esprit' }), start({ application: 'esprit' })]);
    expect(both.map(({ status }) => status).toSorted((one, two) => one - two)).toEqual([201, 409]);
    const [kept] = await list();
    expect(await start({ application: 'esprit' })).toMatchObject({
      status: 409,
      json: { code: 'already-paused', pauseId: kept?.['pauseId'] },
    });
    expect((await start({ application: 'esprit', commandType: 'Simulate' })).status).toBe(201);
    expect((await start({ workstation: 'WS-1' })).status).toBe(201);
    expect(await list()).toHaveLength(3);
    expect((await rig.http('GET', 'pauses?top=2', { as: 'reader' })).json['nextLink']).toBeDefined();

    expect((await end(kept?.['pauseId'])).status).toBe(200);
    expect(await end(kept?.['pauseId'])).toMatchObject({ status: 409, json: { code: 'pause-ended' } });
    expect((await start({ application: 'esprit' })).status).toBe(201);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['of nothing', {}, 'application'],
    ['of an unknown application', { application: 'nx' }, 'application'],
    ['of another application’s type', { application: 'esprit', commandType: 'ExportModel' }, 'commandType'],
    ['of a type alone', { commandType: 'Simulate' }, 'application'],
    ['of an unknown workstation', { workstation: 'WS-9' }, 'workstation'],
    ['of two things', { workstation: 'WS-1', application: 'esprit' }, 'application'],
    ['without a reason', { application: 'esprit', reason: '' }, 'reason'],
    ['that is over already', { application: 'esprit', resumeAt: '2030-01-01T00:00:00Z' }, 'resumeAt'],
  ])('%s is refused', async (_title, json, path) => {
    expect(await start(json)).toMatchObject({ status: 400, json: { errors: [{ path }] } });
    expect(await list('?active=false')).toEqual([]);
  });

  it('is for operators, and one that nobody made cannot be ended', async () => {
    expect((await start({ application: 'esprit' }, 'engineer')).status).toBe(403);
    expect(await end(UNKNOWN_ID)).toMatchObject({ status: 404, json: { code: 'pause-not-found' } });
  });
});
