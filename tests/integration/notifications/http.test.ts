import { beforeEach, describe, expect, it } from '@jest/globals';
import { incidentRoutes } from '../../../functions/http/incidents.ts';
import { createPipeline } from '../../../shared/http/index.ts';
import { type Reply, call, tokensOf } from '../../support/http-pipeline.ts';
import { CALLERS, type Caller } from '../../support/shop-api.ts';
import { COMMAND_ID, type NotificationRig, incidentsOf, startNotifications } from './rig.ts';

describe('incidents over HTTP', () => {
  let rig: NotificationRig;
  let incidentId: string;
  beforeEach(async () => {
    rig = await startNotifications();
    await rig.end();
    incidentId = (await incidentsOf(rig))[0]?.incidentId ?? '';
  });

  function send(
    name: string,
    options: { as?: Caller; json?: unknown; query?: string; headers?: Record<string, string> } = {},
  ): Promise<Reply> {
    const routes = incidentRoutes({ database: rig.database, language: 'ko' });
    const route = routes.find((candidate) => candidate.name === name);
    if (!route) throw new Error(`there is no route ${name}`);
    const pipeline = createPipeline({
      authenticator: tokensOf(CALLERS),
      clock: { now: () => new Date(rig.now()) },
      checkResponses: true,
    });
    const { as = 'operator', json, query = '', headers } = options;
    return call(pipeline, route, {
      target: route.path.replace('{incidentId}', incidentId) + query,
      params: route.path.includes('{') ? { incidentId } : {},
      json,
      headers: { authorization: `Bearer ${as}`, ...headers },
    });
  }

  it('are listed by state and kind, with what to do first', async () => {
    const { json } = await send('incidents-list', {
      as: 'reader',
      query: '?state=Open&kind=command-failure',
    });
    expect(json).toMatchObject({
      value: [{ incidentId, occurrences: 1, firstAction: expect.stringContaining('재시도하십시오') }],
    });
    expect((await send('incidents-list', { query: '?state=Solved' })).json).toEqual({ value: [] });
  });

  it('are read with their failed runs and what was sent, but not to whom', async () => {
    await rig.send();
    const { json, text, headers } = await send('incidents-get', { as: 'reader' });
    expect(json).toMatchObject({
      commands: [{ commandId: COMMAND_ID, run: 1 }],
      notifications: [
        { channel: 'email', state: 'Sent', attempts: 1 },
        { channel: 'teams', state: 'Sent', attempts: 1 },
      ],
    });
    expect(headers.get('etag')).toBe('"1"');
    expect(text).not.toContain('@');
  });

  it('are acknowledged by an operator, taken over by another, and noted in the journal', async () => {
    expect((await send('incidents-acknowledge', { as: 'engineer', json: {} })).status).toBe(403);
    expect((await send('incidents-acknowledge', { json: {} })).json).toMatchObject({
      state: 'Acknowledged',
      owner: 'operator',
      acknowledgedBy: 'operator',
    });
    expect((await send('incidents-acknowledge', { as: 'admin', json: { owner: 'kim' } })).json).toMatchObject(
      {
        owner: 'kim',
        acknowledgedBy: 'admin',
      },
    );
    const journal = await rig.database.read.selectFrom('OperatorAction').selectAll().orderBy('seq').execute();
    expect(journal).toMatchObject([
      { action: 'IncidentAcknowledged', previousValue: 'Open', currentValue: 'Acknowledged, operator' },
      { previousValue: 'Acknowledged, operator', currentValue: 'Acknowledged, kim', actedBy: 'admin' },
    ]);
  });

  it('are solved once with a reason, against the version that was read', async () => {
    const solve = (headers: Record<string, string> = {}) =>
      send('incidents-solve', { json: { reason: 'new licence' }, headers });
    await send('incidents-acknowledge', { json: {} });
    expect((await solve({ 'if-match': '"1"' })).status).toBe(412);
    expect((await solve({ 'if-match': '"2"' })).json).toMatchObject({
      state: 'Solved',
      solvedBy: 'operator',
      solution: 'new licence',
    });
    expect((await solve()).json).toMatchObject({ code: 'incident-solved' });
    expect((await send('incidents-acknowledge', { json: {} })).status).toBe(409);
    await rig.end({ run: 2 });
    expect((await incidentsOf(rig)).map(({ state }) => state)).toEqual(['Solved', 'Open']);
  });

  it('that do not exist are 404', async () => {
    incidentId = '00000000-0000-4000-8000-000000000000';
    expect((await send('incidents-get')).status).toBe(404);
    expect((await send('incidents-solve', { json: { reason: 'x' } })).json).toMatchObject({
      code: 'incident-not-found',
    });
  });
});
