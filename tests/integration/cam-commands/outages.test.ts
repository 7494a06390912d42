import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

const MINUTE_MS = 60_000;
const ACTIVITIES = [
  'beginCommand',
  'enqueueAttempt',
  'completeCommand',
  'retryCommand',
  'failCommand',
  'withdrawAttempt',
  'cancelCommand',
] as const;
type Activity = (typeof ACTIVITIES)[number];

describe('outages', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const succeed = (job: Job) =>
    rig.report(job, { kind: 'succeeded', outputs: [rig.upload(job, 'O0001.nc', 'G0 X0')] });
  const fail = (job: Job, retryable: boolean) =>
    rig.report(job, { kind: 'failed', error: { code: 'CRASHED', message: 'x', retryable } });
  /** Runs a command through a path that has the activity in it, `disturb` being called as the path begins. */
  const walk = async (activity: Activity, settle: () => Promise<void>): Promise<string> => {
    const commandId = await rig.order();
    await settle();
    if (activity === 'withdrawAttempt' || activity === 'cancelCommand') {
      await rig.http('POST', `commands/${commandId}/cancel`, { json: { reason: 'stop' } });
      await rig.harness.idle();
    } else if (activity === 'retryCommand') {
      await fail(await mustClaim(rig), true);
      await settle();
      await rig.pass(1000);
      await succeed(await mustClaim(rig));
    } else if (activity === 'failCommand') {
      await fail(await mustClaim(rig), false);
    } else {
      await succeed(await mustClaim(rig));
    }
    await settle();
    return commandId;
  };
  const finalOf = (activity: Activity): string =>
    activity === 'failCommand'
      ? 'Failed'
      : activity === 'withdrawAttempt' || activity === 'cancelCommand'
        ? 'Cancelled'
        : 'Succeeded';

  it.each(ACTIVITIES)('of the database during %s cost waiting and nothing else', async (activity) => {
    let tries = 0;
    rig.onCall = (name) => {
      if (ACTIVITIES.some((one) => one === name)) rig.database.away = name === activity && tries++ < 3;
    };
    const settle = async () => {
      for (const ms of [500, 1000, 2000]) await rig.pass(ms);
      rig.database.away = false;
    };
    const commandId = await walk(activity, settle);
    const { command, attempts, history, items, outputs } = await rowsOf(rig, commandId);
    expect(tries).toBeGreaterThan(3);
    expect(command.status).toBe(finalOf(activity));
    expect(attempts).toHaveLength(activity === 'retryCommand' ? 2 : 1);
    expect(new Set(history).size).toBe(history.length);
    expect(items).toEqual([]);
    expect(outputs).toHaveLength(command.status === 'Succeeded' ? 1 : 0);
    expect(rig.sender.to('esprit-rejected')).toEqual([]);
  });

  it.each(ACTIVITIES)('that lose the answer to the commit of %s have no second effect', async (activity) => {
    let armed = true;
    rig.onCall = (name) => {
      if (name !== activity || !armed) return;
      armed = false;
      // What a producer sends is recorded by beginCommand; an order through the API is there already.
      rig.database.loseAnswers = name === 'beginCommand' ? 0 : 1;
    };
    const commandId = await walk(activity, () => rig.pass(500));
    const { command, attempts, history, items } = await rowsOf(rig, commandId);
    expect(armed).toBe(false);
    expect(rig.database.loseAnswers).toBe(0);
    expect(command.status).toBe(finalOf(activity));
    expect(attempts).toHaveLength(activity === 'retryCommand' ? 2 : 1);
    expect(new Set(history).size).toBe(history.length);
    expect(items).toEqual([]);
  });

  it('record a producer’s command once when the answer to its recording is lost', async () => {
    const commandId = '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';
    rig.database.loseAnswers = 1;
    await rig.deliver('esprit-commands', {
      schemaVersion: 1,
      commandId,
      application: 'esprit',
      commandType: 'Simulate',
      routingId: rig.routingId,
      requestedBy: 'mes',
      requestedAt: '2030-01-01T00:00:00Z',
    });
    await rig.pass(500);
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    const { command, history } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: 'Succeeded', requestedByKind: 'producer' });
    expect(history).toEqual(['CommandRequested producer', 'CommandSucceeded workstation']);
  });

  it('of the database for an hour lose none of the commands that wait', async () => {
    rig.onCall = (name) => {
      if (name === 'beginCommand' && rig.harness.clock.now().getTime() < Date.parse('2030-01-01T01:00:00Z'))
        rig.database.away = true;
    };
    const ids = [await rig.order(), await rig.order().catch(String)];
    expect(ids[1]).toContain('database-unavailable');
    for (let minute = 0; minute < 60; minute += 1) await rig.pass(MINUTE_MS);
    rig.database.away = false;
    await rig.pass(10_000);
    await succeed(await mustClaim(rig));
    expect((await rowsOf(rig, ids[0] ?? '')).command.status).toBe('Succeeded');
  });

  it('of the file store keep a result waiting', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    rig.content.away = true;
    await succeed(job);
    await rig.pass(500);
    expect((await rowsOf(rig, commandId)).command.status).toBe('Dispatched');
    rig.content.away = false;
    await rig.pass(1000);
    expect((await rowsOf(rig, commandId)).command.status).toBe('Succeeded');
  });

  it('of the file store after the commit do not bring the effect twice', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    const takeIn = rig.content.takeIn.bind(rig.content);
    rig.content.takeIn = async (name, expected) => {
      const taken = await takeIn(name, expected);
      rig.content.away = true;
      return taken;
    };
    await succeed(job);
    rig.content.takeIn = takeIn;
    expect((await rowsOf(rig, commandId)).command.status).toBe('Succeeded');
    expect(rig.content.staged.size).toBe(1);
    rig.content.away = false;
    await rig.pass(500);
    expect(rig.content.staged.size).toBe(0);
    expect((await rowsOf(rig, commandId)).outputs).toHaveLength(1);
    expect((await rig.harness.client.getStatus(`${commandId}.r1`)).runtimeStatus).toBe('Completed');
  });

  it('of the broker leave the work in the queue, and the sweeper rings for it', async () => {
    await rig.order();
    rig.sender.sent.length = 0;
    expect(await rig.sweep()).toMatchObject([{ schemaVersion: 1, application: 'esprit' }]);
    await mustClaim(rig);
    expect(await rig.sweep()).toEqual([]);
  });

  it('of the broker do not hold up an attempt whose bell cannot ring', async () => {
    rig.onCall = (name) => {
      if (name === 'enqueueAttempt') rig.sender.away = true;
    };
    const commandId = await rig.order();
    expect(await rig.claim()).toMatchObject({ commandId, attempt: 1 });
  });

  it.each([true, 'for-writes'] as const)(
    'let no lease run out that agents could not renew (%s)',
    async (away) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      for (let round = 0; round < 30; round += 1) {
        rig.database.away = round >= 4 && round < 17 && away;
        rig.harness.clock.advance(5000);
        await rig.tick('attempt-watchdog');
        // The agent is heard again two rounds after the database is back.
        if (!rig.database.away && (round < 4 || round > 18)) {
          const reply = await rig.http('POST', `agent/attempts/${job.attemptId}/heartbeat`, {
            as: 'cmdhost',
            json: {
              schemaVersion: 1,
              fence: job.fence,
              startedAt: null,
              phase: 'x',
              percent: null,
              logTail: [],
            },
          });
          expect(reply.status).toBe(200);
        }
      }
      expect((await rowsOf(rig, commandId)).attempts).toMatchObject([{ status: 'Claimed' }]);
    },
  );

  it('let the orchestration go on where it was after a restart', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await rig.harness.restart();
    await fail(job, true);
    await rig.harness.restart();
    await rig.pass(1000);
    await succeed(await mustClaim(rig));
    expect((await rowsOf(rig, commandId)).command).toMatchObject({ status: 'Succeeded', attempt: 2 });
  });
});
