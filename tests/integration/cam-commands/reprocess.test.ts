import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { reprocessFailed } from '../../../shared/cam-commands/index.ts';
import { CommandTypes } from '../../../shared/cam-commands/index.ts';
import type { RigOptions } from '../../support/orchestration.ts';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';
import { MINUTE_MS, crash, crashedOnce, runAgain, succeed } from './walk.ts';

const TYPE = { MaxAttempts: '1', Reprocess: '1', ReprocessAfter: 'PT10M' };

interface Incident {
  readonly toldAt?: string;
  readonly acknowledgedAt?: string;
  readonly solvedAt?: string;
}

describe('a command that failed for good', () => {
  let rig: OrchestrationRig;
  const start = async (settings: Readonly<Record<string, string>> = TYPE) => {
    const options: RigOptions = { types: { GenerateNcProgram: settings } };
    rig = await startRig(options);
  };
  beforeEach(() => start());
  afterEach(() => rig.dispose());

  const now = () => rig.harness.clock.now().toISOString();
  /** The incident of a failed run. */
  const incident = async (commandId: string, given: Incident, run = 1) => {
    const incidentId = randomUUID();
    await rig.database.transaction(async (trx) => {
      await trx
        .insertInto('Incident')
        .values({
          incidentId,
          openKey: incidentId,
          cause: 'failure:x',
          kind: 'command-failed',
          state: given.solvedAt ? 'Solved' : 'Open',
          severity: 'error',
          application: 'esprit',
          commandType: 'GenerateNcProgram',
          workstation: null,
          queue: null,
          errorCode: 'ESPRIT_CRASHED',
          errorMessage: 'x',
          occurrences: 1,
          openedAt: now(),
          lastAt: now(),
          toldAt: given.toldAt ?? null,
          toldOccurrences: 0,
          escalatedAt: null,
          owner: null,
          acknowledgedAt: given.acknowledgedAt ?? null,
          acknowledgedBy: null,
          solvedAt: given.solvedAt ?? null,
          solvedBy: null,
          solution: null,
          version: 1,
        })
        .execute();
      await trx
        .insertInto('IncidentCommand')
        .values({ incidentId, commandId, run, failedAt: now() })
        .execute();
    });
    return incidentId;
  };
  const change = (incidentId: string, to: Incident) =>
    rig.database.transaction((trx) =>
      trx.updateTable('Incident').set(to).where('incidentId', '=', incidentId).execute(),
    );
  /** One round of the timer; what it published reaches the orchestration. */
  const round = async () => {
    const sent = rig.sender.to('esprit-commands').length;
    await rig.tick('reprocess');
    for (const { body } of rig.sender.to('esprit-commands').slice(sent))
      await rig.deliver('esprit-commands', body);
  };
  const stateOf = async (commandId: string) => {
    const { status, run, automaticRuns, reprocessAt } = (await rowsOf(rig, commandId)).command;
    return { status, run, automaticRuns, reprocessAt };
  };
  const UNTOUCHED = { status: 'Failed', run: 1, automaticRuns: 0 };

  it('runs once more by itself after its time, told of, and then waits for a person', async () => {
    const commandId = await crashedOnce(rig);
    await incident(commandId, { toldAt: now() });
    await rig.pass(10 * MINUTE_MS - 1);
    await round();
    expect(await stateOf(commandId)).toMatchObject(UNTOUCHED);
    await rig.pass(1);
    await round();
    expect(await stateOf(commandId)).toEqual({
      status: 'Queued',
      run: 2,
      automaticRuns: 1,
      reprocessAt: null,
    });
    const job = await mustClaim(rig);
    expect(job).toMatchObject({ commandId, run: 2, attempt: 1, fence: 20001 });
    await crash(rig, job);
    await incident(commandId, { toldAt: now() }, 2);
    await rig.pass(60 * MINUTE_MS);
    await round();
    expect(await stateOf(commandId)).toEqual({
      status: 'Failed',
      run: 2,
      automaticRuns: 1,
      reprocessAt: null,
    });
    const { history } = await rowsOf(rig, commandId);
    expect(history).toContain('CommandRetryRequested service');
    const actions = await rig.database.read.selectFrom('OperatorAction').selectAll().execute();
    expect(actions).toMatchObject([{ action: 'CommandReprocessed', actedBy: 'mcms', actorKind: 'service' }]);
  });

  it('may succeed then', async () => {
    const commandId = await crashedOnce(rig);
    await incident(commandId, { acknowledgedAt: now() });
    await rig.pass(10 * MINUTE_MS);
    await round();
    await succeed(rig, await mustClaim(rig));
    expect(await stateOf(commandId)).toMatchObject({ status: 'Succeeded', run: 2 });
  });

  it('does not run when its owner asked to cancel it before it failed', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    // The request is in the tables, and its event has not come to the orchestration yet.
    await rig.database.transaction((trx) =>
      trx
        .updateTable('CamCommand')
        .set({ status: 'Cancelling', cancelRequestedAt: now(), cancelRequestedBy: 'engineer' })
        .where('commandId', '=', commandId)
        .execute(),
    );
    await crash(rig, job);
    await incident(commandId, { toldAt: now() });
    await rig.pass(60 * MINUTE_MS);
    await round();
    expect(await stateOf(commandId)).toEqual({ ...UNTOUCHED, reprocessAt: null });
  });

  it('waits until somebody has been told', async () => {
    const commandId = await crashedOnce(rig);
    const incidentId = await incident(commandId, {});
    await rig.pass(60 * MINUTE_MS);
    await round();
    expect(await stateOf(commandId)).toMatchObject(UNTOUCHED);
    await change(incidentId, { toldAt: now() });
    await round();
    expect(await stateOf(commandId)).toMatchObject({ status: 'Queued', run: 2 });
  });

  it('does not run without an incident, or for one of an earlier run', async () => {
    const commandId = await crashedOnce(rig);
    await incident(commandId, { toldAt: now() }, 7);
    await rig.pass(60 * MINUTE_MS);
    await round();
    expect(await stateOf(commandId)).toMatchObject(UNTOUCHED);
  });

  it('is left to people once its incident is solved', async () => {
    const commandId = await crashedOnce(rig);
    await incident(commandId, { toldAt: now(), solvedAt: now() });
    await rig.pass(10 * MINUTE_MS);
    await round();
    await round();
    expect(await stateOf(commandId)).toEqual({ ...UNTOUCHED, reprocessAt: null });
  });

  it('runs once when a person has been faster', async () => {
    const commandId = await crashedOnce(rig);
    await incident(commandId, { toldAt: now() });
    await rig.pass(10 * MINUTE_MS);
    await runAgain(rig, commandId);
    await round();
    expect(await stateOf(commandId)).toMatchObject({ status: 'Queued', run: 2, automaticRuns: 0 });
    await mustClaim(rig);
    expect(await rig.claim()).toBeUndefined();
  });

  it('runs once when two rounds come at the same moment', async () => {
    const commandId = await crashedOnce(rig);
    await incident(commandId, { toldAt: now() });
    await rig.pass(10 * MINUTE_MS);
    const deps = { database: rig.database, clock: rig.harness.clock, commandTypes: CommandTypes.create() };
    const both = await Promise.all([reprocessFailed(deps), reprocessFailed(deps)]);
    expect(both.filter(({ runs }) => runs === 1)).toHaveLength(1);
    expect(both.filter(({ runs }) => runs === 0)).toHaveLength(1);
    expect(await stateOf(commandId)).toMatchObject({ status: 'Queued', run: 2, automaticRuns: 1 });
  });

  it.each([
    ['its error is permanent', { ...TYPE, PermanentCodes: 'ESPRIT_CRASHED' }],
    ['its type is never run again', { ...TYPE, Reprocess: '0' }],
  ])('does not run again when %s', async (_why, settings) => {
    await rig.dispose();
    await start(settings);
    const commandId = await crashedOnce(rig);
    await incident(commandId, { toldAt: now() });
    await rig.pass(60 * MINUTE_MS);
    await round();
    expect(await stateOf(commandId)).toEqual({ ...UNTOUCHED, reprocessAt: null });
  });

  it('is published by the relay when the queue is away', async () => {
    const commandId = await crashedOnce(rig);
    await incident(commandId, { toldAt: now() });
    await rig.pass(10 * MINUTE_MS);
    rig.sender.away = true;
    await round();
    rig.sender.away = false;
    rig.harness.clock.advance(10_000);
    await rig.tick('outbox-relay');
    expect(rig.sender.to('esprit-commands').at(-1)).toMatchObject({ messageId: `${commandId}.r2` });
  });
});
