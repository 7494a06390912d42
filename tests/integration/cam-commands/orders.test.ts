import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { commandIdOf } from '../../../shared/cam-commands/index.ts';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

const ORDER = { application: 'esprit', commandType: 'GenerateNcProgram' };

describe('orders over HTTP', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const post = (json: unknown = ORDER, headers: Record<string, string> = {}) =>
    rig.http('POST', `routings/${rig.routingId}/commands`, { json, headers });
  const commands = () => rig.database.read.selectFrom('CamCommand').selectAll().execute();
  const outbox = () => rig.database.read.selectFrom('Outbox').selectAll().execute();

  it('are accepted with their address, and published at once', async () => {
    const reply = await post({ ...ORDER, parameters: { programNumber: 7 }, priority: 9 });
    const commandId = String(reply.json['commandId']);
    expect(reply).toMatchObject({
      status: 202,
      json: {
        status: 'Queued',
        attempt: 0,
        maxAttempts: 4,
        camRev: 1,
        priority: 9,
        requestedBy: 'engineer',
        itemCode: 'P-100',
        parameters: { programNumber: 7 },
        attempts: [],
        files: [],
      },
    });
    expect(reply.headers).toMatchObject({ location: `/api/commands/${commandId}` });
    expect(rig.sender.to('esprit-commands')).toMatchObject([
      {
        messageId: `${commandId}.r1`,
        body: {
          schemaVersion: 1,
          commandId,
          ...ORDER,
          routingId: rig.routingId,
          camRev: 1,
          priority: 9,
          run: 1,
        },
      },
    ]);
    expect(await outbox()).toEqual([]);
    expect((await rig.http('GET', `commands/${commandId}`)).json).toMatchObject({
      commandId,
      status: 'Queued',
    });
  });

  it.each([
    ['an unknown application', { application: 'nx' }, 400, 'application'],
    ['no type', { commandType: undefined }, 400, 'commandType'],
    ['an unknown type', { commandType: 'Paint' }, 400, 'commandType'],
    ['wrong parameters', { parameters: { programNumber: 'x' } }, 400, 'parameters.programNumber'],
    ['an unknown parameter', { parameters: { colour: 'red' } }, 400, 'parameters.colour'],
    ['a priority out of range', { priority: 10 }, 400, 'priority'],
    ['a date that is none', { notBefore: 'tomorrow' }, 400, 'notBefore'],
    ['an unknown member', { camRevision: 1 }, 400, 'camRevision'],
  ])('with %s are refused naming the field', async (_what, change, status, path) => {
    const reply = await post({ ...ORDER, ...change });
    expect(reply).toMatchObject({ status, json: { errors: [{ path }] } });
    expect(await commands()).toEqual([]);
    expect(rig.sender.sent).toEqual([]);
  });

  it('for an unknown routing are refused', async () => {
    const target = 'routings/5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11/commands';
    expect(await rig.http('POST', target, { json: ORDER })).toMatchObject({
      status: 404,
      json: { code: 'routing-not-found' },
    });
    expect(await rig.http('POST', 'routings/x/commands', { json: ORDER })).toMatchObject({
      status: 400,
      json: { errors: [{ path: 'routingId' }] },
    });
  });

  it.each(['reader', 'machinist', 'approver', 'operator', 'cmdhost'] as const)(
    'of a %s are refused',
    async (as) => {
      const reply = await rig.http('POST', `routings/${rig.routingId}/commands`, { as, json: ORDER });
      expect(reply.status).toBe(403);
      expect(await commands()).toEqual([]);
    },
  );

  it('with the same key are one command and get the same answer', async () => {
    const first = await post(ORDER, { 'idempotency-key': 'k1' });
    const again = await post(ORDER, { 'idempotency-key': 'k1' });
    expect(again.json).toEqual(first.json);
    expect(again.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(await commands()).toHaveLength(1);
  });

  it('with the same key are one command also when the first answer was never recorded', async () => {
    // The process dies after the commit: nothing is published, no answer stands in the store.
    rig.database.loseAnswers = 1;
    expect((await post(ORDER, { 'idempotency-key': 'k2' })).status).toBe(500);
    const again = await post(ORDER, { 'idempotency-key': 'k2' });
    expect(again).toMatchObject({ status: 202, json: { status: 'Queued' } });
    expect(await commands()).toMatchObject([
      {
        commandId: commandIdOf({
          subject: 'engineer',
          path: `/api/routings/${rig.routingId}/commands`,
          key: 'k2',
        }),
      },
    ]);
    rig.harness.clock.advance(5000);
    await rig.tick('outbox-relay');
    expect(rig.sender.to('esprit-commands')).toHaveLength(1);
    expect((await rowsOf(rig, String(again.json['commandId']))).history).toEqual(['CommandRequested user']);
  });

  it('with a used key and another content are refused, whatever the store remembers', async () => {
    rig.database.loseAnswers = 1;
    await post(ORDER, { 'idempotency-key': 'k3' });
    expect(await post({ ...ORDER, priority: 1 }, { 'idempotency-key': 'k3' })).toMatchObject({
      status: 409,
      json: { code: 'command-id-taken' },
    });
    const colleague = await rig.http('POST', `routings/${rig.routingId}/commands`, {
      as: 'colleague',
      json: ORDER,
      headers: { 'idempotency-key': 'k3' },
    });
    expect(colleague.status).toBe(202);
    expect(await commands()).toHaveLength(2);
  });

  it('stand although the broker is away, and go out later', async () => {
    rig.sender.away = true;
    expect((await post()).status).toBe(202);
    expect(await outbox()).toMatchObject([{ destination: 'esprit-commands', attempts: 1 }]);
    rig.sender.away = false;
    rig.harness.clock.advance(1000);
    await rig.tick('outbox-relay');
    expect(rig.sender.to('esprit-commands')).toHaveLength(1);
    expect(await outbox()).toEqual([]);
  });

  it('stand although the database is away right after the commit', async () => {
    const send = rig.database.transaction.bind(rig.database);
    rig.database.transaction = async (work) => {
      const result = await send(work);
      rig.database.away = true;
      return result;
    };
    const reply = await post();
    rig.database.transaction = send;
    rig.database.away = false;
    expect(reply.status).toBe(202);
    rig.harness.clock.advance(5000);
    await rig.tick('outbox-relay');
    expect(rig.sender.to('esprit-commands')).toMatchObject([
      { messageId: `${String(reply.json['commandId'])}.r1` },
    ]);
  });

  it('are refused as a whole while the database is away', async () => {
    rig.database.away = true;
    const reply = await post();
    rig.database.away = false;
    expect(reply).toMatchObject({ status: 503, json: { code: 'database-unavailable' } });
    expect(await commands()).toEqual([]);
  });
});

describe('commands over HTTP', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const list = async (query: string) => {
    const reply = await rig.http('GET', `commands?${query}`, { as: 'reader' });
    expect(reply.status).toBe(200);
    return reply.json as { value: { commandId: string }[]; nextLink?: string };
  };
  const ids = (page: { value: { commandId: string }[] }) => page.value.map(({ commandId }) => commandId);

  it('are read with attempts, times, log and files', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    const outputs = [rig.upload(job, 'O0001.nc', 'G0 X0')];
    await rig.report(job, { kind: 'succeeded', outputs, logTail: ['posted'] });
    expect((await rig.http('GET', `commands/${commandId}`, { as: 'reader' })).json).toMatchObject({
      status: 'Succeeded',
      workstation: 'WS-1',
      error: null,
      waitReason: null,
      attempts: [
        { attempt: 1, status: 'Succeeded', logTail: ['posted'], queuedAt: '2030-01-01T00:00:00.000Z' },
      ],
      files: [{ fileName: 'O0001.nc', camRev: 1, sha256: outputs[0]?.sha256 }],
    });
    const single = await rig.http('GET', `commands/${commandId}`, { as: 'reader' });
    expect((await list('')).value).toEqual([single.json]);
  });

  it('say what they wait for', async () => {
    await rig.order({ notBefore: '2030-02-01T00:00:00Z' });
    await rig.order({ application: 'solidworks', commandType: 'ExportModel' });
    await rig.order();
    const young = await list('');
    expect(young.value[0]).toMatchObject({ waitReason: null });

    rig.harness.clock.advance(2000);
    const { value } = await list('');
    expect(value.map((command) => (command as unknown as { waitReason: string }).waitReason)).toEqual([
      'WS-1 has a seat free and has not taken it yet',
      'no workstation for solidworks',
      'not before 2030-02-01T00:00:00.000Z',
    ]);
  });

  it('are listed newest first by every filter', async () => {
    const failed = await rig.order({ commandType: 'Simulate' });
    const error = { code: 'BAD_INPUT', message: 'Tool T9 is 100% missing', retryable: false };
    await rig.report(await mustClaim(rig), { kind: 'failed', error });
    rig.harness.clock.advance(60_000);
    const queued = await rig.order({ application: 'solidworks', commandType: 'ExportModel' });

    expect(ids(await list(''))).toEqual([queued, failed]);
    for (const [query, expected] of [
      ['status=Failed', [failed]],
      [`routingId=${rig.routingId}`, [queued, failed]],
      ['routingId=5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11', []],
      ['itemCode=P-100', [queued, failed]],
      ['itemCode=P-101', []],
      ['application=solidworks', [queued]],
      ['workstation=WS-1', [failed]],
      ['errorCode=BAD_INPUT', [failed]],
      ['requestedBy=engineer&status=Queued', [queued]],
      ['requestedBy=colleague', []],
      ['q=exportm', [queued]],
      ['q=100%25', [failed]],
      ['q=1_0', []],
      ['from=2030-01-01T00:01:00Z', [queued]],
      ['to=2030-01-01T00:01:00Z', [failed]],
    ] as const) {
      expect([query, ids(await list(query))]).toEqual([query, expected]);
    }
  });

  it('are paged without loss or repetition while new ones arrive', async () => {
    const ordered: string[] = [];
    for (let count = 0; count < 5; count += 1) ordered.unshift(await rig.order());
    const first = await list('top=2');
    await rig.order();
    const second = await list(new URL(first.nextLink ?? '').searchParams.toString());
    const third = await list(new URL(second.nextLink ?? '').searchParams.toString());
    expect([...ids(first), ...ids(second), ...ids(third)]).toEqual(ordered);
    expect(third.nextLink).toBeUndefined();
  });

  it.each([
    ['status=Done', 'status'],
    ['routingId=x', 'routingId'],
    ['top=0', 'top'],
    ['top=501', 'top'],
    ['from=yesterday', 'from'],
    ['skipToken=abc', 'skipToken'],
    ['colour=red', 'colour'],
  ])('refuse %s naming the field', async (query, path) => {
    expect(await rig.http('GET', `commands?${query}`)).toMatchObject({
      status: 400,
      json: { errors: [{ path }] },
    });
  });

  it('are not there when nobody ordered them', async () => {
    const target = 'commands/5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';
    expect(await rig.http('GET', target)).toMatchObject({ status: 404, json: { code: 'command-not-found' } });
    expect(await rig.http('POST', `${target}/cancel`, { json: { reason: 'x' } })).toMatchObject({
      status: 404,
    });
  });

  it.each([
    ['engineer', 202],
    ['operator', 202],
    ['admin', 202],
    ['colleague', 403],
    ['reader', 403],
    ['approver', 403],
    ['cmdhost', 403],
  ] as const)('are cancelled by their %s: %i', async (as, status) => {
    const commandId = await rig.order();
    const reply = await rig.http('POST', `commands/${commandId}/cancel`, { as, json: { reason: 'x' } });
    expect(reply.status).toBe(status);
    const { command } = await rowsOf(rig, commandId);
    expect(command.cancelRequestedBy).toBe(status === 202 ? as : null);
    await rig.harness.idle();
  });

  it('are not cancelled without a reason', async () => {
    const commandId = await rig.order();
    for (const json of [{}, { reason: '' }, { reason: 'x'.repeat(1001) }]) {
      expect(await rig.http('POST', `commands/${commandId}/cancel`, { json })).toMatchObject({
        status: 400,
        json: { errors: [{ path: 'reason' }] },
      });
    }
  });
});
