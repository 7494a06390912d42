import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Ability, Job } from '../../../shared/cam-commands/contracts.ts';
import { claimedCounts, removeUnusedLanes } from '../../../shared/cam-commands/lanes.ts';
import { fenceOf } from '../../../shared/cam-commands/attempts.ts';
import { workQueueOf } from '../../../shared/cam-commands/work-queue.ts';
import {
  type OrchestrationRig,
  type RigOptions,
  announce,
  heartbeat,
  mustClaim,
  startRig,
} from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

let rig: OrchestrationRig;
afterEach(() => rig.dispose());

const start = async (options?: RigOptions) => {
  rig = await startRig(options);
};
/** Claims as another workstation, which it announces as `cmdhost-2` first. */
const announceOther = (abilities?: Ability[], workstation = 'WS-2') =>
  announce(rig, { as: 'cmdhost-2', workstation, ...(abilities ? { abilities } : {}) });
const claimAs = async (
  workstation: string,
  { as = 'cmdhost-2', claimId = randomUUID() }: { as?: 'cmdhost' | 'cmdhost-2'; claimId?: string } = {},
): Promise<Job | undefined> => {
  const reply = await rig.http('POST', 'agent/claim', {
    as,
    json: { schemaVersion: 1, workstation, claimId, applications: ['esprit'] },
  });
  expect([200, 204]).toContain(reply.status);
  return reply.status === 200 ? (reply.json as unknown as Job) : undefined;
};
const waitReason = async (commandId: string) =>
  (await rig.http('GET', `commands/${commandId}`, { as: 'reader' })).json['waitReason'];
const loseAgents = async () => {
  for (let round = 0; round < 7; round += 1) {
    rig.harness.clock.advance(5000);
    await rig.tick('attempt-watchdog');
  }
};

describe('whose turn it is', () => {
  /** Orders straight into the queue as somebody; who it was comes out of the claim. */
  const order = async (requestedBy: string, priority = 5) => {
    await rig.deliver('esprit-commands', {
      schemaVersion: 1,
      commandId: randomUUID(),
      application: 'esprit',
      commandType: 'GenerateNcProgram',
      routingId: rig.routingId,
      priority,
      requestedBy,
      requestedAt: '2030-01-01T00:00:00.000Z',
    });
  };
  const served = async (count: number) => {
    const names: string[] = [];
    for (let index = 0; index < count; index += 1) names.push((await mustClaim(rig)).requestedBy);
    return names;
  };

  it('people are served round by round, and priority comes before turns', async () => {
    await start();
    for (const name of ['a', 'a', 'a', 'b', 'b', 'c']) await order(name);
    await order('a', 9);
    expect(await served(7)).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'a']);
  });
});

describe('what a workstation offers', () => {
  const fanuc = { parameters: { postProcessor: 'Fanuc' } };

  it('decides what it gets; what it cannot take holds up nothing', async () => {
    await start();
    await announce(rig, { abilities: [{ application: 'esprit', postProcessors: ['Siemens'] }] });
    const wanting = await rig.order({ ...fanuc, priority: 9 });
    const plain = await rig.order();
    expect((await mustClaim(rig)).commandId).toBe(plain);
    expect(await rig.claim()).toBeUndefined();
    expect(await waitReason(wanting)).toBe('no workstation for esprit with post-processor Fanuc');

    await announceOther([{ application: 'esprit', postProcessors: ['Fanuc'], machines: ['M2'] }]);
    expect(await claimAs('WS-2')).toBeUndefined();
    expect(await waitReason(wanting)).toBe(
      'no workstation for esprit with post-processor Fanuc for machine M1',
    );
    await announceOther([{ application: 'esprit', postProcessors: ['Fanuc'], machines: ['M*'] }]);
    expect((await claimAs('WS-2'))?.commandId).toBe(wanting);
  });

  it('counts by its version', async () => {
    await start({ types: { PostProcess: { MinVersion: '2024.1' } } });
    await announce(rig, { abilities: [{ application: 'esprit', version: '2023.4' }] });
    const commandId = await rig.order({ commandType: 'PostProcess' });
    expect(await rig.claim()).toBeUndefined();
    expect(await waitReason(commandId)).toBe('no workstation for esprit of version ≥ 2024.1');
    await announce(rig, { abilities: [{ application: 'esprit', version: '2024.1' }] });
    expect((await mustClaim(rig)).commandId).toBe(commandId);
  });

  it('is nothing while nobody is logged on there', async () => {
    await start();
    await announce(rig, { runner: 'absent' });
    const commandId = await rig.order();
    expect(await rig.claim()).toBeUndefined();
    expect(await waitReason(commandId)).toBe('no workstation for esprit: nobody is logged on at WS-1');
    await announce(rig, { runner: 'connected' });
    expect(await rig.claim()).toBeDefined();
  });

  it('does not matter for what version 0.1 put in: only the application does', async () => {
    await start();
    await announce(rig, { abilities: [{ application: 'esprit', machines: ['M2'] }] });
    const commandId = await rig.order();
    expect(await rig.claim()).toBeUndefined();
    await rig.database.transaction((trx) =>
      trx
        .updateTable('CamWorkItem')
        .set({ laneId: 0, requestedBy: '', turn: 0 })
        .where('commandId', '=', commandId)
        .execute(),
    );
    expect((await mustClaim(rig)).commandId).toBe(commandId);
    expect(await claimedCounts(rig.database.read)).toEqual([
      { application: 'esprit', commandType: null, workstation: 'WS-1', count: 1 },
    ]);
  });
});

describe('a licence pool', () => {
  it('is shared by all workstations, also in two claims at once; a seat is free again when its run ends or is lost', async () => {
    await start({ licencePools: { esprit: 2 } });
    await announceOther();
    const orders: string[] = [];
    for (let index = 0; index < 5; index += 1) orders.push(await rig.order());
    const first = await mustClaim(rig);
    const together = await Promise.all([claimAs('WS-2'), rig.claim()]);
    expect(together.filter(Boolean)).toHaveLength(1);
    expect(await waitReason(orders[4] ?? '')).toBe('no licence seat free: pool esprit, 2 of 2 in use');
    expect(await rig.sweep()).toEqual([]);

    await rig.report(first, { kind: 'succeeded' });
    expect(await rig.sweep()).toHaveLength(2);
    expect(await claimAs('WS-2')).toBeDefined();
    expect(await rig.claim()).toBeUndefined();

    await loseAgents();
    expect(await rig.claim()).toBeDefined();
    const pools = await rig.http('GET', 'licence-pools', { as: 'reader' });
    expect(pools.json['value']).toEqual([
      { name: 'esprit', seats: 2, inUse: 1 },
      { name: 'solidworks', seats: null, inUse: 0 },
    ]);
  });

  it('that had no seat rings as soon as one is free, and not before', async () => {
    await start({ licencePools: { esprit: 1 } });
    await rig.order();
    const waiting = await rig.order();
    const job = await mustClaim(rig);
    rig.sender.sent.length = 0;
    await heartbeat(rig, job);
    expect(rig.sender.to('esprit-dispatch')).toEqual([]);
    await rig.report(job, { kind: 'succeeded' });
    expect(rig.sender.to('esprit-dispatch')).toHaveLength(1);
    expect((await claimAs('WS-1', { as: 'cmdhost' }))?.commandId).toBe(waiting);
  });

  it('that is empty holds nothing up that needs another', async () => {
    await start({ licencePools: { esprit: 0 } });
    await rig.order();
    const model = await rig.order({ application: 'solidworks', commandType: 'ExportModel' });
    const reply = await rig.http('POST', 'agent/claim', {
      as: 'cmdhost',
      json: {
        schemaVersion: 1,
        workstation: 'WS-1',
        claimId: randomUUID(),
        applications: ['esprit', 'solidworks'],
      },
    });
    expect(reply).toMatchObject({ status: 200, json: { commandId: model } });
  });
});

describe('a claim', () => {
  it('sent again gets the same job, whatever has been paused or announced since', async () => {
    await start({ licencePools: { esprit: 1 } });
    await rig.order();
    await rig.order();
    const claimId = randomUUID();
    const job = await rig.claim(claimId);
    await announce(rig, { runner: 'absent' });
    await rig.http('POST', 'pauses', { as: 'operator', json: { workstation: 'WS-1', reason: 'service' } });
    expect((await rig.claim(claimId))?.attemptId).toBe(job?.attemptId);
    expect(await rig.claim()).toBeUndefined();
  });

  it('gets nothing that a run left behind: that is taken off the queue, and the next one is handed out', async () => {
    await start();
    const ended = await rig.order({ priority: 9 });
    const later = await rig.order({ priority: 8 });
    const cancelling = await rig.order({ priority: 7 });
    const change = (commandId: string, to: { status?: string; run?: number }) =>
      rig.database.transaction((trx) =>
        trx.updateTable('CamCommand').set(to).where('commandId', '=', commandId).execute(),
      );
    await change(ended, { status: 'Failed' });
    await change(later, { run: 2 });
    await change(cancelling, { status: 'Cancelling' });
    expect((await mustClaim(rig)).commandId).toBe(cancelling);
    expect((await rowsOf(rig, cancelling)).command.status).toBe('Cancelling');
    expect(await rowsOf(rig, ended)).toMatchObject({ command: { status: 'Failed' }, items: [] });
    expect(await rowsOf(rig, later)).toMatchObject({ command: { status: 'Queued', run: 2 }, items: [] });
    expect(await rig.claim()).toBeUndefined();
  });

  it('of an older attempt finishes nothing any more: its fence is refused in the statement', async () => {
    await start();
    const commandId = await rig.order();
    const old = await mustClaim(rig);
    await loseAgents();
    await rig.pass(2000);
    const job = await mustClaim(rig);
    expect(job.attempt).toBe(2);
    const finish = (attemptId: string, fence: number) =>
      rig.database.transaction((trx) => workQueueOf(rig.database).finish(trx, attemptId, fence));
    expect(await finish(old.attemptId, old.fence)).toBe(false);
    expect(await finish(job.attemptId, fenceOf({ commandId, run: 1, attempt: 1 }))).toBe(false);
    await rig.report(old, { kind: 'succeeded' });
    expect((await rowsOf(rig, commandId)).command.status).toBe('Dispatched');
    await rig.report(job, { kind: 'succeeded' });
    expect((await rowsOf(rig, commandId)).command).toMatchObject({ status: 'Succeeded', attempt: 2 });
  });
});

describe('a lane', () => {
  const lanes = () =>
    rig.database.read
      .selectFrom('CamWorkLane')
      .select(['postProcessor', 'usedAt'])
      .orderBy('postProcessor')
      .execute();
  const removeAt = (time: string) =>
    removeUnusedLanes({ database: rig.database, clock: { now: () => new Date(time) } });
  const used = (postProcessor: string) => rig.order({ parameters: { postProcessor } });

  it('goes when it has been empty and unused for thirty days, and is made anew for the next order', async () => {
    await start();
    const run = async (postProcessor: string) => {
      const commandId = await used(postProcessor);
      const job = await mustClaim(rig);
      expect(job.commandId).toBe(commandId);
      await rig.report(job, { kind: 'succeeded' });
    };
    await run('Fanuc');
    await run('Heidenhain');
    rig.harness.clock.advance(25 * 60 * 60_000);
    await run('Heidenhain');
    const waiting = await used('Siemens');

    expect(await removeAt('2030-01-31T00:00:00.000Z')).toBe(0);
    expect(await removeAt('2030-01-31T00:00:00.001Z')).toBe(1);
    const usedAt = '2030-01-02T01:00:00.000Z';
    expect(await lanes()).toEqual([
      { postProcessor: 'Heidenhain', usedAt },
      { postProcessor: 'Siemens', usedAt },
    ]);
    expect(await removeAt('2031-01-01T00:00:00.000Z')).toBe(1);
    expect((await mustClaim(rig)).commandId).toBe(waiting);
    await run('Fanuc');
  });
});

describe('the bells', () => {
  const rung = () => rig.sender.to('esprit-dispatch').length;

  it('ring for every workstation that listens, so that the one that may take the work hears of it', async () => {
    await start();
    await announce(rig, { seats: 1, abilities: [{ application: 'esprit', machines: ['M2'] }] });
    await announceOther([{ application: 'esprit', machines: ['M1'] }]);
    rig.harness.clock.advance(5000);
    const commandId = await rig.order();
    expect(rung()).toBe(2);
    expect(await rig.sweep()).toHaveLength(2);
    expect(await rig.claim()).toBeUndefined();
    expect((await claimAs('WS-2'))?.commandId).toBe(commandId);
  });

  it('ring for all of them when a seat of a pool is free again, and when a pause ends', async () => {
    await start({ licencePools: { esprit: 1 } });
    await announceOther();
    await rig.order();
    await rig.order();
    const job = await mustClaim(rig);
    rig.sender.sent.length = 0;
    await rig.report(job, { kind: 'succeeded' });
    expect(rung()).toBe(2);
    const pause = await rig.http('POST', 'pauses', {
      as: 'operator',
      json: { application: 'esprit', reason: 'service' },
    });
    await rig.http('DELETE', `pauses/${String(pause.json['pauseId'])}`, { as: 'operator' });
    expect(rung()).toBe(4);
  });

  it('ring once where there is one workstation, or all others have no seat free', async () => {
    await start();
    await announce(rig, { seats: 1 });
    await announceOther();
    await rig.order();
    await mustClaim(rig);
    rig.harness.clock.advance(5000);
    rig.sender.sent.length = 0;
    await rig.order();
    expect(rung()).toBe(1);
    expect(await rig.sweep()).toHaveLength(1);
  });
});

describe('GET workstations', () => {
  const list = async () => {
    const reply = await rig.http('GET', 'workstations', { as: 'reader' });
    expect(reply.status).toBe(200);
    return reply.json['value'] as { name: string; state: string }[];
  };

  it('shows who is there, what they offer and what they run', async () => {
    await start();
    await announce(rig, {
      seats: 1,
      abilities: [{ application: 'esprit', version: '2024.1' }],
      platform: 'Windows 11',
      runner: 'connected',
      certificateExpiresAt: '2031-01-01T00:00:00+01:00',
    });
    expect(await list()).toEqual([
      {
        name: 'WS-1',
        state: 'ready',
        seats: 1,
        seatsInUse: 0,
        applications: ['esprit'],
        abilities: [{ application: 'esprit', version: '2024.1' }],
        agentVersion: '1.0.0',
        platform: 'Windows 11',
        runner: 'connected',
        certificateExpiresAt: '2030-12-31T23:00:00.000Z',
        lastSeenAt: '2030-01-01T00:00:00.000Z',
        pause: null,
        running: [],
      },
    ]);
    await rig.order();
    const job = await mustClaim(rig);
    await heartbeat(rig, job);
    expect(await list()).toMatchObject([
      {
        state: 'busy',
        seatsInUse: 1,
        running: [{ commandId: job.commandId, attemptId: job.attemptId, phase: 'posting', percent: 50 }],
      },
    ]);
  });

  it('tells an agent that runs from one that is silent, and knows agents of version 0.1', async () => {
    await start();
    await rig.order();
    const job = await mustClaim(rig);
    for (let beat = 0; beat < 10; beat += 1) {
      rig.harness.clock.advance(20_000);
      await heartbeat(rig, job);
    }
    expect(await list()).toMatchObject([
      { state: 'ready', abilities: null, runner: null, lastSeenAt: '2030-01-01T00:03:20.000Z' },
    ]);
    rig.harness.clock.advance(180_001);
    expect(await list()).toMatchObject([{ state: 'silent' }]);
    await announce(rig, { runner: 'absent' });
    expect(await list()).toMatchObject([{ state: 'no-runner' }]);
  });

  it('is for readers', async () => {
    await start();
    for (const target of ['workstations', 'licence-pools', 'pauses'])
      expect((await rig.http('GET', target, { as: 'cmdhost' })).status).toBe(403);
  });
});
