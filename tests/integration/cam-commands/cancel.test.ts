import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { type OrchestrationRig, heartbeat, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';

describe('cancelling', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const cancel = async (commandId: string, as: 'engineer' | 'operator' = 'engineer') => {
    const reply = await rig.http('POST', `commands/${commandId}/cancel`, {
      as,
      json: { reason: 'wrong fixture' },
    });
    await rig.harness.idle();
    return reply;
  };
  const expectCancelled = async (commandId: string, attempts: readonly string[]) => {
    const rows = await rowsOf(rig, commandId);
    expect(rows.command).toMatchObject({
      status: 'Cancelled',
      cancelRequestedBy: 'engineer',
      cancelReason: 'wrong fixture',
      errorCode: null,
    });
    expect(rows.command.completedAt).not.toBeNull();
    expect(rows.attempts.map((attempt) => attempt.status)).toEqual(attempts);
    expect(rows.items).toEqual([]);
    expect(rows.history.filter((entry) => entry.startsWith('CommandCancel'))).toEqual([
      'CommandCancelRequested user',
      'CommandCancelled user',
    ]);
    expect(await rig.claim()).toBeUndefined();
    await rig.tick('outbox-relay');
    const outbox = await rig.database.read.selectFrom('Outbox').selectAll().execute();
    expect(outbox).toEqual([]);
    expect((await rig.harness.client.getStatus(`${commandId}.r1`)).runtimeStatus).toBe('Completed');
  };
  const crash = (job: Job) =>
    rig.report(job, { kind: 'failed', error: { code: 'CRASHED', message: 'x', retryable: true } });

  it('ends an order whose message has not left the outbox yet', async () => {
    rig.sender.away = true;
    const reply = await rig.http('POST', `routings/${rig.routingId}/commands`, {
      json: { application: 'esprit', commandType: 'Simulate' },
    });
    const commandId = String(reply.json['commandId']);
    expect(await cancel(commandId)).toMatchObject({ status: 202, json: { status: 'Cancelling' } });
    rig.sender.away = false;
    for (let round = 0; round < 2; round += 1) {
      rig.harness.clock.advance(5000);
      await rig.tick('outbox-relay');
      await rig.deliver('esprit-commands', rig.sender.to('esprit-commands')[0]?.body);
    }
    await expectCancelled(commandId, []);
  });

  it('ends one that waits for its time', async () => {
    const commandId = await rig.order({ notBefore: '2030-06-01T00:00:00Z' });
    await cancel(commandId);
    await expectCancelled(commandId, []);
  });

  it('ends one that waits for a workstation', async () => {
    const commandId = await rig.order();
    await cancel(commandId);
    await expectCancelled(commandId, ['Cancelled']);
  });

  it('asks the agent of a claimed one to stop, which it reports', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await cancel(commandId);
    expect((await heartbeat(rig, job)).json).toMatchObject({ action: 'cancel' });
    expect((await rowsOf(rig, commandId)).command.status).toBe('Cancelling');
    await rig.report(job, { kind: 'cancelled' });
    await expectCancelled(commandId, ['Cancelled']);
  });

  it('asks the agent of a running one, and stays Cancelling while its heartbeats go on', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    expect((await heartbeat(rig, job)).json).toMatchObject({ action: 'continue' });
    await cancel(commandId);
    await heartbeat(rig, job);
    const { version } = (await rowsOf(rig, commandId)).command;
    await heartbeat(rig, job);
    expect((await rowsOf(rig, commandId)).command).toMatchObject({ status: 'Cancelling', version });
    await rig.report(job, { kind: 'cancelled' });
    await expectCancelled(commandId, ['Cancelled']);
  });

  it('ends one whose agent is lost instead of stopping', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await cancel(commandId);
    await rig.report(job, { kind: 'lost' });
    await expectCancelled(commandId, ['Cancelled']);
  });

  it('ends one in its backoff without another attempt', async () => {
    const commandId = await rig.order();
    await crash(await mustClaim(rig));
    await cancel(commandId);
    await expectCancelled(commandId, ['Failed']);
  });

  it('wins over a failure that comes before the agent has heard of it', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await cancel(commandId);
    await crash(job);
    await expectCancelled(commandId, ['Cancelled']);
  });

  it('comes too late for a run that succeeds at the same moment', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await cancel(commandId);
    await rig.report(job, { kind: 'succeeded', outputs: [rig.upload(job, 'a.nc', 'x')] });
    const { command, history, outputs } = await rowsOf(rig, commandId);
    expect(command.status).toBe('Succeeded');
    expect(outputs).toHaveLength(1);
    expect(history).not.toContain('CommandCancelled user');
    expect(await cancel(commandId)).toMatchObject({ status: 409, json: { commandStatus: 'Succeeded' } });
  });

  it('is carried out when result and request arrive while the orchestration is busy', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    rig.database.away = true;
    await crash(job);
    rig.database.away = false;
    await cancel(commandId);
    await rig.pass(500);
    await expectCancelled(commandId, ['Failed']);
  });

  it('takes a request twice as one', async () => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await cancel(commandId);
    expect(await cancel(commandId, 'operator')).toMatchObject({ status: 202 });
    await rig.report(job, { kind: 'cancelled' });
    await expectCancelled(commandId, ['Cancelled']);
  });

  it.each([
    ['has ended', { status: 'Failed' }],
    ['is in a later run', { run: 2 }],
  ])('of one that no orchestration ever runs is tried until the command %s', async (_state, change) => {
    const order = { application: 'esprit', commandType: 'Simulate' };
    const ordered = await rig.http('POST', `routings/${rig.routingId}/commands`, { json: order });
    const commandId = String(ordered.json['commandId']);
    await cancel(commandId);
    const relay = async () => {
      rig.harness.clock.advance(60_000);
      await rig.tick('outbox-relay');
      return rig.database.read.selectFrom('Outbox').selectAll().execute();
    };
    expect(await relay()).toMatchObject([{ messageId: 'cancel.1', attempts: 2 }]);
    expect(await relay()).toMatchObject([{ messageId: 'cancel.1', attempts: 3 }]);
    await rig.database.transaction((trx) =>
      trx.updateTable('CamCommand').set(change).where('commandId', '=', commandId).execute(),
    );
    expect(await relay()).toEqual([]);
  });

  it('takes an agent that stops by itself for lost', async () => {
    const commandId = await rig.order();
    await rig.report(await mustClaim(rig), { kind: 'cancelled' });
    expect((await rowsOf(rig, commandId)).command).toMatchObject({
      status: 'Retrying',
      errorCode: 'AGENT_LOST',
    });
  });
});
