import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';
import { MINUTE_MS, cancel, crashedOnce, deliverOutbox, runAgain, succeed } from './walk.ts';

describe('the watch over open commands', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig({ types: { GenerateNcProgram: { FirstDelay: 'PT1H', MaxDelay: 'PT1H' } } });
  });
  afterEach(() => rig.dispose());

  const terminate = async (commandId: string) => {
    await rig.harness.client.terminate(`${commandId}.r1`, 'by hand');
    await rig.harness.idle();
  };
  /** Rounds a minute apart, the first one now. */
  const watch = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      if (round > 0) rig.harness.clock.advance(MINUTE_MS);
      await rig.tick('command-watch');
    }
  };
  const statusOf = async (commandId: string) => (await rowsOf(rig, commandId)).command;
  /** An order whose message never got anywhere. */
  const lostMessage = async () => {
    const reply = await rig.http('POST', `routings/${rig.routingId}/commands`, {
      json: { application: 'esprit', commandType: 'GenerateNcProgram' },
    });
    expect(await rig.database.read.selectFrom('Outbox').selectAll().execute()).toEqual([]);
    return String(reply.json['commandId']);
  };

  it('ends one whose orchestration was terminated in its backoff', async () => {
    const commandId = await crashedOnce(rig);
    await terminate(commandId);
    await watch(5);
    expect((await statusOf(commandId)).status).toBe('Retrying');
    await watch(2);
    const { command, history, attempts } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Failed', errorCode: 'INTERNAL', reprocessAt: null });
    expect(history.at(-1)).toMatch(/^CommandFailed /);
    expect(attempts.map(({ status }) => status)).toEqual(['Failed']);
  });

  it('ends one whose orchestration was terminated before its time', async () => {
    const commandId = await rig.order({ notBefore: '2030-06-01T00:00:00Z' });
    await terminate(commandId);
    await watch(6);
    expect(await statusOf(commandId)).toMatchObject({ status: 'Failed', errorCode: 'INTERNAL' });
  });

  it('ends one whose orchestration was terminated while it waited for a workstation', async () => {
    const commandId = await rig.order();
    await terminate(commandId);
    await watch(6);
    const { command, items, attempts } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Failed', errorCode: 'INTERNAL' });
    expect(items).toEqual([]);
    expect(attempts.map(({ status }) => status)).toEqual(['Lost']);
    expect(await rig.claim()).toBeUndefined();
  });

  it('ends one as Cancelled that was to be cancelled', async () => {
    const commandId = await crashedOnce(rig);
    await terminate(commandId);
    await cancel(rig, commandId);
    await watch(6);
    expect(await statusOf(commandId)).toMatchObject({ status: 'Cancelled', cancelReason: 'wrong fixture' });
  });

  it('ends one whose orchestration is gone without a trace once an attempt was begun', async () => {
    const commandId = await crashedOnce(rig);
    await terminate(commandId);
    await rig.harness.client.purgeInstanceHistory(`${commandId}.r1`);
    await watch(6);
    expect(await statusOf(commandId)).toMatchObject({ status: 'Failed', errorCode: 'INTERNAL' });
  });

  it('sends the message of one again that no orchestration has begun', async () => {
    const commandId = await lostMessage();
    const sent = rig.sender.to('esprit-commands').length;
    await watch(5);
    expect(rig.sender.to('esprit-commands')).toHaveLength(sent);
    await watch(2);
    const again = rig.sender.to('esprit-commands').slice(sent);
    expect(again).toMatchObject([{ messageId: `${commandId}.r1` }]);
    await rig.deliver('esprit-commands', again[0]?.body);
    await succeed(rig, await mustClaim(rig));
    expect((await statusOf(commandId)).status).toBe('Succeeded');
  });

  it('does so once in five minutes, and not while the outbox has it', async () => {
    await lostMessage();
    const sent = rig.sender.to('esprit-commands').length;
    rig.sender.away = true;
    await watch(13);
    rig.sender.away = false;
    expect(await rig.database.read.selectFrom('Outbox').selectAll().execute()).toHaveLength(1);
    rig.harness.clock.advance(MINUTE_MS);
    await rig.tick('outbox-relay');
    await watch(2);
    expect(rig.sender.to('esprit-commands')).toHaveLength(sent + 1);
  });

  it('leaves a later run alone whose message is on its way', async () => {
    await rig.dispose();
    rig = await startRig({ types: { GenerateNcProgram: { MaxAttempts: '1' } } });
    const commandId = await crashedOnce(rig);
    await watch(4);
    await runAgain(rig, commandId);
    await watch(6);
    expect(await statusOf(commandId)).toMatchObject({ status: 'Queued', run: 2 });
    await succeed(rig, await mustClaim(rig));
    expect(await statusOf(commandId)).toMatchObject({ status: 'Succeeded', run: 2 });
  });

  it.each(['waits for its time', 'waits for a workstation', 'is at work', 'is in its backoff'])(
    'leaves one alone that %s',
    async (what) => {
      const commandId = await (what.endsWith('backoff')
        ? crashedOnce(rig)
        : rig.order(what.endsWith('time') ? { notBefore: '2030-06-01T00:00:00Z' } : {}));
      if (what === 'is at work') await mustClaim(rig);
      const before = await rowsOf(rig, commandId);
      await watch(12);
      expect(await rowsOf(rig, commandId)).toEqual(before);
    },
  );

  it('leaves one to the attempt watchdog that an agent holds', async () => {
    const commandId = await rig.order();
    await mustClaim(rig);
    await terminate(commandId);
    await watch(12);
    expect((await statusOf(commandId)).status).toBe('Dispatched');
  });

  it('is not troubled by a command that ends while it looks', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await watch(2);
    await succeed(rig, job);
    await deliverOutbox(rig);
    await watch(7);
    expect((await statusOf(commandId)).status).toBe('Succeeded');
  });
});
