import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';
import { WHY, crash, failedCommand, journalOf, steer } from './steering.ts';

describe("an operator's retry", () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const shown = async (
    commandId: string,
    as: 'operator' | 'engineer' | 'colleague' | 'reader' = 'operator',
  ) => (await rig.http('GET', `commands/${commandId}`, { as })).json;

  it('runs a failed command again, as the next run of the same command', async () => {
    const commandId = await failedCommand(rig);
    expect(await shown(commandId)).toMatchObject({ status: 'Failed', allowedActions: ['retry'] });

    const reply = await steer(rig, `commands/${commandId}/retry`);
    expect(reply).toMatchObject({ status: 202, json: { status: 'Queued', run: 2, attempt: 0, error: null } });
    const message = rig.sender.to('esprit-commands').at(-1);
    expect(message).toMatchObject({ messageId: `${commandId}.r2` });
    await rig.deliver('esprit-commands', message?.body);
    const job = await mustClaim(rig);
    expect(job).toMatchObject({ commandId, run: 2, attempt: 1 });
    await rig.report(job, { kind: 'succeeded', outputs: [rig.upload(job, 'p.nc', 'G0')] });

    const rows = await rowsOf(rig, commandId);
    expect(rows.command).toMatchObject({ status: 'Succeeded', run: 2 });
    expect(rows.entries.find((entry) => entry.changeType === 'CommandRetryRequested')).toMatchObject({
      changedBy: 'operator',
      comment: WHY.reason,
      previousValue: 'Failed: CRASHED',
    });
    expect(await journalOf(rig, commandId)).toMatchObject([
      {
        action: 'CommandRetried',
        actedBy: 'operator',
        reason: WHY.reason,
        previousValue: 'Failed: CRASHED',
        currentValue: 'Queued',
        run: 2,
      },
    ]);
  });

  it('is one run, however many ask at once', async () => {
    const commandId = await failedCommand(rig);
    const replies = await Promise.all(
      [1, 2, 3].map(() => rig.http('POST', `commands/${commandId}/retry`, { as: 'operator', json: WHY })),
    );
    expect(replies.map((reply) => reply.status).toSorted((a, b) => a - b)).toEqual([202, 409, 409]);
    expect((await rowsOf(rig, commandId)).command.run).toBe(2);
    expect(await journalOf(rig, commandId)).toHaveLength(1);
  });

  it('with the same Idempotency-Key is one request', async () => {
    const commandId = await failedCommand(rig);
    const headers = { 'idempotency-key': 'again-1' };
    const first = await steer(rig, `commands/${commandId}/retry`, { headers });
    const second = await steer(rig, `commands/${commandId}/retry`, { headers });
    expect([first.status, second.status]).toEqual([202, 202]);
    expect(second.json).toEqual(first.json);
    const other = await steer(rig, `commands/${commandId}/retry`, { headers, json: { reason: 'other' } });
    expect(other.status).toBe(409);
    expect((await rowsOf(rig, commandId)).command.run).toBe(2);
  });

  it('with the same Idempotency-Key is one run also when its first answer was lost', async () => {
    const commandId = await failedCommand(rig);
    const headers = { 'idempotency-key': 'again-2' };
    const again = () => steer(rig, `commands/${commandId}/retry`, { headers });
    rig.database.loseAnswers = 1;
    expect((await again()).status).toBe(500);
    expect(await again()).toMatchObject({ status: 202, json: { status: 'Queued', run: 2 } });
    expect(await journalOf(rig, commandId)).toHaveLength(1);
    rig.harness.clock.advance(5000);
    await rig.tick('outbox-relay');
    expect(rig.sender.to('esprit-commands').map(({ messageId }) => messageId)).toEqual([
      `${commandId}.r1`,
      `${commandId}.r2`,
    ]);
  });

  it('that was answered by nothing starts no third run when the second has failed before it is repeated', async () => {
    const commandId = await failedCommand(rig);
    const headers = { 'idempotency-key': 'again-3' };
    const again = () => steer(rig, `commands/${commandId}/retry`, { headers });
    rig.database.loseAnswers = 1;
    await again();
    rig.harness.clock.advance(5000);
    await rig.tick('outbox-relay');
    await rig.deliver('esprit-commands', rig.sender.to('esprit-commands').at(-1)?.body);
    await crash(rig, await mustClaim(rig), 'x', false);
    expect(await again()).toMatchObject({ status: 202, json: { status: 'Failed', run: 2 } });
    expect((await rowsOf(rig, commandId)).command.run).toBe(2);
  });

  it('with a used key and another reason is refused, whatever the store remembers', async () => {
    const commandId = await failedCommand(rig);
    const headers = { 'idempotency-key': 'again-5' };
    rig.database.loseAnswers = 1;
    await steer(rig, `commands/${commandId}/retry`, { headers });
    const other = await steer(rig, `commands/${commandId}/retry`, { headers, json: { reason: 'other' } });
    expect(other).toMatchObject({ status: 409, json: { code: 'retry-id-taken' } });
  });

  it('now, with the same Idempotency-Key, is one also when its first answer was lost', async () => {
    const commandId = await rig.order();
    await crash(rig, await mustClaim(rig));
    const headers = { 'idempotency-key': 'again-4' };
    rig.database.loseAnswers = 1;
    expect((await steer(rig, `commands/${commandId}/retry`, { headers })).status).toBe(500);
    await rig.pass(10_000);
    await mustClaim(rig);
    expect(await steer(rig, `commands/${commandId}/retry`, { headers })).toMatchObject({
      status: 202,
      json: { run: 1, attempt: 2 },
    });
    expect(await journalOf(rig, commandId)).toHaveLength(1);
  });

  it('ends the backoff of one that waits for its next attempt', async () => {
    const commandId = await rig.order();
    await crash(rig, await mustClaim(rig));
    expect(await shown(commandId)).toMatchObject({
      status: 'Retrying',
      nextAttemptAt: expect.any(String),
      allowedActions: ['cancel', 'retry-now'],
    });
    const { nextAttemptAt } = (await rowsOf(rig, commandId)).command;
    const asked = rig.harness.clock.now();
    const reply = await steer(rig, `commands/${commandId}/retry`);
    expect(reply).toMatchObject({ status: 202, json: { run: 1 } });
    const again = await rig.http('POST', `commands/${commandId}/retry`, { as: 'operator', json: WHY });
    expect(again.status === 202 || again.json['commandStatus'] === 'Queued').toBe(true);
    expect([null, asked.toISOString()]).toContain((await rowsOf(rig, commandId)).command.nextAttemptAt);
    expect(await rig.database.read.selectFrom('Outbox').selectAll().execute()).toEqual([]);
    expect(await journalOf(rig, commandId)).toMatchObject([
      {
        action: 'CommandRetriedNow',
        previousValue: `Retrying at ${nextAttemptAt}`,
        currentValue: 'attempt 2 now',
      },
    ]);
  });

  it.each([
    ['waits', async () => rig.order()],
    [
      'is to be cancelled',
      async () => {
        const commandId = await rig.order();
        await mustClaim(rig);
        await steer(rig, `commands/${commandId}/cancel`);
        return commandId;
      },
    ],
  ] as const)('is refused for one that %s', async (_state, make) => {
    const commandId = await make();
    const { status } = (await rowsOf(rig, commandId)).command;
    expect(await steer(rig, `commands/${commandId}/retry`)).toMatchObject({
      status: 409,
      json: {
        code: 'command-not-retryable',
        commandStatus: status,
        allowedActions: status === 'Queued' ? ['cancel'] : [],
      },
    });
    expect(
      (await journalOf(rig, commandId)).filter((entry) => entry.action.startsWith('CommandRetried')),
    ).toEqual([]);
  });

  it('is for operators alone', async () => {
    const commandId = await failedCommand(rig);
    const statusOf = async (as: 'reader' | 'engineer' | 'approver' | 'cmdhost') =>
      (await steer(rig, `commands/${commandId}/retry`, { as })).status;
    expect([
      await statusOf('reader'),
      await statusOf('engineer'),
      await statusOf('approver'),
      await statusOf('cmdhost'),
    ]).toEqual([403, 403, 403, 403]);
    expect((await steer(rig, `commands/${commandId}/retry`, { as: 'admin' })).status).toBe(202);
  });

  it('is told in the timeline, run by run', async () => {
    const commandId = await failedCommand(rig);
    await rig.pass(5000);
    await steer(rig, `commands/${commandId}/retry`);
    await rig.deliver('esprit-commands', rig.sender.to('esprit-commands').at(-1)?.body);
    const job = await mustClaim(rig);
    await rig.report(job, { kind: 'succeeded', outputs: [rig.upload(job, 'p.nc', 'G0')], logTail: ['done'] });
    const { json } = await rig.http('GET', `commands/${commandId}/timeline`, { as: 'reader' });
    const entries = json['entries'] as { kind: string; run: number; files?: unknown[]; status?: string }[];
    expect(entries.map(({ kind, run }) => `${run} ${kind}`)).toEqual([
      '1 ordered',
      '1 attempt-queued',
      '1 waiting',
      '1 attempt-claimed',
      '1 attempt-started',
      '1 attempt-ended',
      '1 run-ended',
      '2 action',
      '2 attempt-queued',
      '2 waiting',
      '2 attempt-claimed',
      '2 attempt-started',
      '2 attempt-ended',
      '2 run-ended',
    ]);
    expect(entries.at(-2)).toMatchObject({
      status: 'Succeeded',
      logTail: ['done'],
      files: [{ fileName: 'p.nc' }],
    });
    expect(entries.find(({ kind }) => kind === 'run-ended')).toMatchObject({ status: 'Failed' });
  });
});

describe('what the caller may do', () => {
  it('depends on state, role and who ordered', async () => {
    const rig = await startRig();
    const commandId = await rig.order();
    const of = async (as: 'reader' | 'engineer' | 'colleague' | 'operator' | 'admin') =>
      (await rig.http('GET', `commands/${commandId}`, { as })).json['allowedActions'];
    expect(await of('reader')).toEqual([]);
    expect(await of('engineer')).toEqual(['cancel', 'clone']);
    expect(await of('colleague')).toEqual(['clone']);
    expect(await of('operator')).toEqual(['cancel']);
    expect(await of('admin')).toEqual(['cancel', 'clone']);
    await rig.dispose();
  });
});
