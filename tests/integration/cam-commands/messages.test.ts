import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

const COMMAND_ID = '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';

describe('messages of producers', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const good = (): Record<string, unknown> => ({
    schemaVersion: 1,
    commandId: COMMAND_ID,
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    routingId: rig.routingId,
    requestedBy: 'mes',
    requestedAt: '2030-01-01T09:00:00+09:00',
  });
  const rejected = () => rig.sender.to('esprit-rejected');
  const commands = () => rig.database.read.selectFrom('CamCommand').selectAll().execute();

  it('are recorded under the same rules as an order', async () => {
    await rig.deliver('esprit-commands', good());
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    const { command, history } = await rowsOf(rig, COMMAND_ID);
    expect(command).toMatchObject({
      status: 'Succeeded',
      priority: 5,
      camRev: 1,
      requestedBy: 'mes',
      requestedByKind: 'producer',
      requestedAt: '2030-01-01T00:00:00.000Z',
    });
    expect(history).toEqual(['CommandRequested producer', 'CommandSucceeded workstation']);
  });

  it('are one command when they come twice, also after it succeeded', async () => {
    await rig.deliver('esprit-commands', good());
    await rig.deliver('esprit-commands', good());
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    const before = await rowsOf(rig, COMMAND_ID);
    await rig.deliver('esprit-commands', good());
    expect(await rig.claim()).toBeUndefined();
    expect(await rowsOf(rig, COMMAND_ID)).toEqual(before);
    expect(rejected()).toEqual([]);
  });

  it('are one command also when the finished orchestration is started over', async () => {
    await rig.deliver('esprit-commands', good());
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    const before = await rowsOf(rig, COMMAND_ID);
    await rig.harness.client.purgeInstanceHistory(`${COMMAND_ID}.r1`);
    await rig.deliver('esprit-commands', good());
    expect((await rig.harness.client.getStatus(`${COMMAND_ID}.r1`)).runtimeStatus).toBe('Completed');
    expect(await rowsOf(rig, COMMAND_ID)).toEqual(before);
  });

  it.each([
    ['no JSON', '{"schemaVersion":1,', 'body'],
    ['no object', 7, 'body'],
    ['no id', { commandId: undefined }, 'commandId'],
    ['an unknown application', { application: 'nx' }, 'application'],
    ['an unknown member', { colour: 'red' }, 'colour'],
    ['a priority out of range', { priority: 10 }, 'priority'],
    ['a date that is none', { requestedAt: 'yesterday' }, 'requestedAt'],
    ['an over-long name', { requestedBy: 'x'.repeat(201) }, 'requestedBy'],
  ])('with %s go to esprit-rejected as they came', async (_what, change, field) => {
    const body = typeof change === 'object' ? { ...good(), ...change } : change;
    await rig.deliver('esprit-commands', body);
    expect(rejected()).toMatchObject([
      {
        messageId: 'message-1',
        body: JSON.parse(JSON.stringify(body)) as unknown,
        applicationProperties: {
          DeadLetterReason: 'invalid-message',
          DeadLetterErrorDescription: expect.stringContaining(field) as unknown,
          SourceQueue: 'esprit-commands',
        },
      },
    ]);
    expect(await commands()).toEqual([]);
  });

  it('of a later version go to esprit-rejected and say so', async () => {
    await rig.deliver('esprit-commands', { ...good(), schemaVersion: 2, colour: 'red' });
    expect(rejected()).toMatchObject([
      {
        body: { schemaVersion: 2, colour: 'red' },
        applicationProperties: {
          DeadLetterReason: 'schema-version-unknown',
          DeadLetterErrorDescription: expect.stringContaining('2 is newer than 1') as unknown,
        },
      },
    ]);
    expect(await commands()).toEqual([]);
  });

  it('have their priority and the instant they are not to begin before', async () => {
    await rig.deliver('esprit-commands', { ...good(), priority: 1 });
    const urgent = COMMAND_ID.replace(/^5/, '6');
    await rig.deliver('esprit-commands', { ...good(), commandId: urgent, priority: 9 });
    const later = COMMAND_ID.replace(/^5/, '7');
    await rig.deliver('esprit-commands', {
      ...good(),
      commandId: later,
      priority: 9,
      notBefore: '2030-01-01T10:00:00+09:00',
    });
    expect(await mustClaim(rig)).toMatchObject({ commandId: urgent });
    expect(await mustClaim(rig)).toMatchObject({ commandId: COMMAND_ID });
    expect(await rig.claim()).toBeUndefined();
    await rig.pass(3_600_000);
    expect(await mustClaim(rig)).toMatchObject({ commandId: later });
  });

  it.each([
    ['an unknown routing', { routingId: COMMAND_ID }, 'routing-not-found', 'no such routing'],
    ['an unknown type', { commandType: 'Paint' }, 'command-type-unknown', 'must be one of GenerateNcProgram'],
    ['a type of the other application', { application: 'solidworks' }, 'command-type-unknown', 'ExportModel'],
    [
      'wrong parameters',
      { parameters: { programNumber: 0, speed: 1 } },
      'parameters-invalid',
      'parameters.programNumber',
    ],
    [
      'a CAM revision to come',
      { camRev: 2 },
      'routing-not-found',
      'camRev the routing has CAM revisions 1 to 1',
    ],
    ['a run that nobody asked for', { run: 2 }, 'run-unknown', 'no such run'],
  ])('with %s go to esprit-rejected with the reason', async (_what, change, reason, description) => {
    await rig.deliver('esprit-commands', { ...good(), ...change });
    expect(rejected()).toMatchObject([
      {
        messageId: `${COMMAND_ID}.r${'run' in change ? 2 : 1}`,
        body: { ...good(), ...change },
        applicationProperties: {
          DeadLetterReason: reason,
          DeadLetterErrorDescription: expect.stringContaining(description) as unknown,
          SourceQueue: 'esprit-commands',
        },
      },
    ]);
    expect(await commands()).toEqual([]);
  });

  it('that were rejected are carried out when they come again and their cause is gone', async () => {
    const early = { ...good(), camRev: 2 };
    await rig.deliver('esprit-commands', early);
    expect(rejected()).toHaveLength(1);
    await rig.database.transaction((trx) =>
      trx.updateTable('Routing').set({ workingCamRev: 2 }).where('routingId', '=', rig.routingId).execute(),
    );
    await rig.deliver('esprit-commands', early);
    expect(await commands()).toMatchObject([{ commandId: COMMAND_ID, status: 'Queued', camRev: 2 }]);
    expect(rejected()).toHaveLength(1);
  });

  it('that named a run too early do not keep that run from beginning later', async () => {
    await rig.deliver('esprit-commands', good());
    await rig.deliver('esprit-commands', { ...good(), run: 2 });
    const error = { code: 'INPUT_INVALID', message: 'broken', retryable: false };
    await rig.report(await mustClaim(rig), { kind: 'failed', error });
    await rig.http('POST', `commands/${COMMAND_ID}/retry`, { as: 'operator', json: { reason: 'mended' } });
    await rig.deliver('esprit-commands', rig.sender.to('esprit-commands').at(-1)?.body);
    expect(await mustClaim(rig)).toMatchObject({ commandId: COMMAND_ID, run: 2 });
  });

  it('cannot start a second run beside the first one', async () => {
    await rig.deliver('esprit-commands', good());
    await rig.deliver('esprit-commands', { ...good(), run: 2 });
    expect(rejected()).toMatchObject([{ applicationProperties: { DeadLetterReason: 'run-unknown' } }]);
    await mustClaim(rig);
    expect(await rig.claim()).toBeUndefined();
  });

  it('wait in the orchestration while esprit-rejected does not take them', async () => {
    rig.onCall = (name) => {
      if (name === 'beginCommand') rig.sender.away = true;
    };
    await rig.deliver('esprit-commands', { ...good(), commandType: 'Paint' });
    rig.onCall = () => {};
    rig.sender.away = false;
    await rig.pass(500);
    expect(rejected()).toHaveLength(1);
  });

  it('stay on the queue when esprit-rejected does not take them at once', async () => {
    rig.sender.away = true;
    await expect(rig.deliver('esprit-commands', 'nonsense')).rejects.toThrow('away');
  });

  it('are rejected when MCMS itself cannot record them', async () => {
    rig.onCall = (name) => {
      if (name === 'beginCommand') throw new Error('a defect');
    };
    await rig.deliver('esprit-commands', good());
    await rig.pass(500);
    await rig.pass(1000);
    expect(rejected()).toMatchObject([{ applicationProperties: { DeadLetterReason: 'internal' } }]);
  });
});

describe('results', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  it.each([
    ['of no known shape', { kind: 'done' }, 'invalid-message'],
    ['of a run that never was', {}, 'unknown-run'],
  ])('%s go to esprit-rejected', async (_what, change, reason) => {
    await rig.deliver('esprit-results', {
      schemaVersion: 1,
      commandId: COMMAND_ID,
      run: 1,
      attempt: 1,
      attemptId: COMMAND_ID,
      fence: 10001,
      kind: 'lost',
      startedAt: null,
      endedAt: '2030-01-01T00:00:00Z',
      workstation: 'WS-1',
      ...change,
    });
    expect(rig.sender.to('esprit-rejected')).toMatchObject([
      { applicationProperties: { DeadLetterReason: reason, SourceQueue: 'esprit-results' } },
    ]);
  });
});
