import { silentNotices } from '../../../shared/notifications/index.ts';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { KyselyPlugin } from 'kysely';
import {
  type AttemptDeps,
  CommandTypes,
  beginCommand,
  concludeCancelled,
  concludeFailed,
  concludeRetry,
  concludeSucceeded,
  enqueueAttempt,
} from '../../../shared/cam-commands/index.ts';
import { ensureLane, removeUnusedLanes } from '../../../shared/cam-commands/lanes.ts';
import { commandMessage } from '../../../shared/cam-commands/contracts.ts';
import type { Database, Queries } from '../../../shared/data/index.ts';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

const ERROR = { code: 'CRASHED', message: 'x', retryable: true };

/** A database of which something changes right after the first thing that a transaction reads, as where transactions overlap. */
function meanwhile(database: Database, change: (trx: Queries) => Promise<unknown>): Database {
  return Object.assign(Object.create(database) as Database, {
    transaction: <T>(work: (trx: Queries) => Promise<T>) =>
      database.transaction((trx) => {
        let read = false;
        const plugin: KyselyPlugin = {
          transformQuery: ({ node }) => node,
          async transformResult({ result }) {
            if (!read) await change(trx);
            read = true;
            return result;
          },
        };
        return work(trx.withPlugin(plugin));
      }),
  });
}

/** Durable delivers an activity at least once: now and then twice at the same moment, or long after its answer was recorded. */
describe('a step that runs twice', () => {
  let rig: OrchestrationRig;
  let deps: AttemptDeps;
  beforeEach(async () => {
    rig = await startRig();
    deps = {
      database: rig.database,
      clock: rig.harness.clock,
      commandTypes: CommandTypes.create(),
      notices: silentNotices,
    };
  });
  afterEach(() => rig.dispose());

  it('records a producer’s command once', async () => {
    const message = commandMessage.parse({
      schemaVersion: 1,
      commandId: '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11',
      application: 'esprit',
      commandType: 'Simulate',
      routingId: rig.routingId,
      requestedBy: 'mes',
      requestedAt: '2030-01-01T00:00:00Z',
    });
    const begun = await Promise.all([beginCommand(deps, message), beginCommand(deps, message)]);
    expect(begun).toMatchObject([{ kind: 'proceed' }, { kind: 'proceed' }]);
    expect((await rowsOf(rig, message.commandId)).history).toEqual(['CommandRequested producer']);
  });

  it('queues an attempt once', async () => {
    const commandId = await rig.order();
    const key = { commandId, run: 1, attempt: 2 };
    const [one, other] = await Promise.all([enqueueAttempt(deps, key), enqueueAttempt(deps, key)]);
    expect(other).toEqual(one);
    expect((await rowsOf(rig, commandId)).attempts).toHaveLength(2);
  });

  it('tells both that a success was taken in, and takes it in once', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    const now = rig.harness.clock.now().toISOString();
    const result = {
      ...job,
      kind: 'succeeded' as const,
      workstation: 'WS-1',
      startedAt: now,
      endedAt: now,
      outputs: [rig.upload(job, 'a.nc', 'x')],
    };
    const succeed = () =>
      concludeSucceeded({ ...deps, content: rig.content }, { commandId, run: 1, attempt: 1 }, result);
    expect(await Promise.all([succeed(), succeed()])).toEqual([{ kind: 'completed' }, { kind: 'completed' }]);
    expect(await succeed()).toEqual({ kind: 'completed' });
    expect((await rowsOf(rig, commandId)).history).toEqual([
      'CommandRequested user',
      'CommandSucceeded workstation',
      'FileAdded workstation',
    ]);
  });

  it('changes nothing when it comes after the next attempt has begun', async () => {
    const commandId = await rig.order();
    await rig.report(await mustClaim(rig), { kind: 'failed', error: ERROR });
    await rig.pass(1000);
    const job = await mustClaim(rig);
    const before = await rowsOf(rig, commandId);
    const key = { commandId, run: 1, attempt: 1 };
    await concludeRetry(deps, key, { status: 'Failed', error: ERROR, tally: { failed: 1, lost: 0 } });
    await enqueueAttempt(deps, key);
    expect(await rowsOf(rig, commandId)).toEqual(before);
    await rig.report(job, { kind: 'succeeded' });
    expect((await rowsOf(rig, commandId)).command.status).toBe('Succeeded');
  });

  it('changes nothing once the command has ended', async () => {
    const commandId = await rig.order();
    await rig.report(await mustClaim(rig), { kind: 'succeeded' });
    const before = await rowsOf(rig, commandId);
    const key = { commandId, run: 1, attempt: 1 };
    await concludeRetry(deps, key, { status: 'Failed', error: ERROR, tally: { failed: 1, lost: 0 } });
    await concludeFailed(deps, key, { status: 'Failed', error: ERROR });
    await concludeCancelled(deps, key, { status: 'Cancelled' });
    await expect(enqueueAttempt(deps, { ...key, attempt: 2 })).rejects.toMatchObject({
      code: 'command-finished',
    });
    expect(await rowsOf(rig, commandId)).toEqual(before);
  });

  it('changes nothing when the command ends while it runs', async () => {
    const commandId = await rig.order();
    for (const ended of [{ status: 'Failed' }, { status: 'Cancelled' }, { run: 2 }]) {
      const database = meanwhile(deps.database, (trx) =>
        trx.updateTable('CamCommand').set(ended).where('commandId', '=', commandId).execute(),
      );
      const before = await rowsOf(rig, commandId);
      await expect(
        enqueueAttempt({ ...deps, database }, { commandId, run: 1, attempt: 2 }),
      ).rejects.toMatchObject({ code: 'command-finished' });
      expect(await rowsOf(rig, commandId)).toEqual(before);
    }
  });

  it('makes its lane anew when that is removed while it runs', async () => {
    const commandId = await rig.order();
    const { command } = await rowsOf(rig, commandId);
    const lanes = () => rig.database.read.selectFrom('CamWorkLane').selectAll().execute();
    const [before] = await lanes();
    const removing = meanwhile(deps.database, (trx) => trx.deleteFrom('CamWorkLane').execute());
    const ensured = await removing.transaction((trx) => ensureLane(trx, command, '2030-01-02T00:00:00.000Z'));
    expect(ensured).not.toBe(before?.laneId);
    expect(await lanes()).toMatchObject([{ laneId: ensured, usedAt: '2030-01-02T00:00:00.000Z' }]);
  });

  it('keeps a lane that is to be removed while it runs', async () => {
    const commandId = await rig.order();
    const { command } = await rowsOf(rig, commandId);
    const lane = () => rig.database.read.selectFrom('CamWorkLane').select('laneId').execute();
    const before = await lane();
    await rig.database.transaction((trx) => trx.deleteFrom('CamWorkItem').execute());
    const clock = { now: () => new Date('2030-02-01T00:00:00.000Z') };
    const removal = await rig.database.transaction(async (trx) => {
      await ensureLane(trx, command, clock.now().toISOString());
      return { removed: removeUnusedLanes({ database: rig.database, clock }) };
    });
    expect(await removal.removed).toBe(0);
    expect(await lane()).toEqual(before);
  });

  it('of an earlier run leaves the later one alone', async () => {
    const commandId = await rig.order();
    await rig.database.transaction((trx) => trx.updateTable('CamCommand').set({ run: 2 }).execute());
    const before = await rowsOf(rig, commandId);
    await concludeFailed(deps, { commandId, run: 1, attempt: 9 }, { status: 'Failed', error: ERROR });
    expect(await rowsOf(rig, commandId)).toEqual(before);
  });

  it('ends a command whose type this version no longer has', async () => {
    const commandId = await rig.order();
    const none = { find: () => undefined, all: () => [] } as unknown as CommandTypes;
    const message = commandMessage.parse(rig.sender.to('esprit-commands')[0]?.body);
    expect(await beginCommand({ ...deps, commandTypes: none }, message)).toEqual({ kind: 'final' });
    expect((await rowsOf(rig, commandId)).command).toMatchObject({
      status: 'Failed',
      errorCode: 'COMMAND_TYPE_UNKNOWN',
    });
  });
});
