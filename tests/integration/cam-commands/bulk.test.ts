import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '../../../shared/data/index.ts';
import { UnavailableError } from '../../../shared/errors.ts';
import { CommandTypes, runBulkActions } from '../../../shared/cam-commands/index.ts';
import { type OrchestrationRig, mustClaim, startRig } from '../../support/orchestration.ts';
import { rowsOf } from './rows.ts';
import { failedCommand, journalOf, steer } from './steering.ts';

describe('a bulk action', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  const prepare = (json: Record<string, unknown>, headers: Record<string, string> = {}) =>
    steer(rig, 'bulk-actions', { json: { reason: 'night shift', ...json }, headers });
  const failed = async (count: number) => {
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) ids.push(await failedCommand(rig));
    return ids;
  };
  const read = async (bulkActionId: unknown) =>
    (await rig.http('GET', `bulk-actions/${String(bulkActionId)}`, { as: 'operator' })).json;
  const items = async (bulkActionId: unknown, query = '') =>
    (await rig.http('GET', `bulk-actions/${String(bulkActionId)}/items${query}`, { as: 'operator' })).json;
  const runsOf = (ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await rowsOf(rig, id)).command.run));
  const outbox = () => rig.database.read.selectFrom('Outbox').selectAll().orderBy('seq').execute();
  /** The runner, without the function that publishes what it returns. */
  const run = (limit: number, database: Database = rig.database) =>
    runBulkActions({ database, clock: rig.harness.clock, commandTypes: CommandTypes.create() }, { limit });
  /** A database that is gone after so many transactions. */
  const dyingAfter = (commits: number): Database => {
    let left = commits;
    return {
      ...rig.database,
      transaction: (work) => {
        if (left === 0) return Promise.reject(new UnavailableError('the process died here'));
        left -= 1;
        return rig.database.transaction(work);
      },
    };
  };

  it('counts first, and does nothing before it is started', async () => {
    const ids = await failed(3);
    await rig.order();
    const reply = await prepare({ action: 'retry', filter: { application: 'esprit' } });
    expect(reply).toMatchObject({
      status: 201,
      json: {
        state: 'Prepared',
        matched: 3,
        progressPercent: 0,
        filter: { application: 'esprit' },
        counts: { pending: 3, done: 0, skipped: 0, failed: 0 },
      },
    });
    expect(reply.headers['location']).toBe(`/api/bulk-actions/${String(reply.json['bulkActionId'])}`);
    await rig.tick('bulk-runner');
    expect(await runsOf(ids)).toEqual([1, 1, 1]);
  });

  it('acts on the commands it was prepared with, tells the result of each, and names itself in the history', async () => {
    const ids = await failed(3);
    const { json } = await prepare({ action: 'retry', filter: { errorCode: 'CRASHED' } });
    const id = String(json['bulkActionId']);
    const later = await failedCommand(rig);
    await steer(rig, `commands/${String(ids[1])}/retry`);
    const started = await steer(rig, `bulk-actions/${id}/start`, { json: undefined });
    expect(started).toMatchObject({
      status: 200,
      json: {
        state: 'Finished',
        progressPercent: 100,
        counts: { pending: 0, done: 2, skipped: 1, failed: 0 },
      },
    });
    expect(await runsOf([...ids, later])).toEqual([2, 2, 2, 1]);
    expect(await items(id)).toMatchObject({
      value: [
        { commandId: ids[0], result: 'Done', detail: 'run 2' },
        { commandId: ids[1], result: 'Skipped', detail: 'The command is Queued.' },
        { commandId: ids[2], result: 'Done', detail: 'run 2' },
      ],
    });
    expect((await items(id, '?result=Skipped'))['value']).toHaveLength(1);
    expect(await journalOf(rig, String(ids[0]))).toMatchObject([
      { action: 'CommandRetried', actedBy: 'operator', reason: `night shift (bulk action ${id})` },
    ]);
    const journal = await rig.http('GET', 'operator-actions?by=operator', { as: 'operator' });
    expect((journal.json['value'] as { action: string }[]).map(({ action }) => action)).toEqual([
      'CommandRetried',
      'CommandRetried',
      'BulkActionStarted',
      'CommandRetried',
      'BulkActionPrepared',
    ]);
    const messages = rig.sender.to('esprit-commands').filter(({ messageId }) => messageId.endsWith('.r2'));
    expect(messages).toHaveLength(3);
    expect(await steer(rig, `bulk-actions/${id}/start`)).toMatchObject({
      status: 409,
      json: { code: 'bulk-action-finished' },
    });
  });

  it('cancels whatever its command is at', async () => {
    const running = await rig.order();
    const job = await mustClaim(rig);
    const waiting = await rig.order();
    const { json } = await prepare({ action: 'cancel', filter: { open: true } });
    await steer(rig, `bulk-actions/${String(json['bulkActionId'])}/start`, { json: undefined });
    await rig.report(job, { kind: 'cancelled' });
    expect((await rowsOf(rig, waiting)).command.status).toBe('Cancelled');
    expect((await rowsOf(rig, running)).command).toMatchObject({
      status: 'Cancelled',
      cancelRequestedBy: 'operator',
    });
  });

  it('goes on after a crash where it was, and acts on none twice', async () => {
    const ids = await failed(4);
    const { json } = await prepare({ action: 'retry', filter: { status: 'Failed' } });
    await rig.database.transaction((trx) =>
      trx.updateTable('BulkAction').set({ state: 'Running' }).execute(),
    );
    await expect(run(10, dyingAfter(2))).rejects.toThrow('the process died here');
    expect(await read(json['bulkActionId'])).toMatchObject({ counts: { pending: 2, done: 2 } });
    rig.harness.clock.advance(3000);
    await rig.tick('outbox-relay');
    expect(await outbox()).toEqual([]);
    await Promise.all([run(10), run(10)]);
    await rig.tick('bulk-runner');
    expect(await read(json['bulkActionId'])).toMatchObject({
      state: 'Finished',
      counts: { pending: 0, done: 4 },
    });
    expect(await runsOf(ids)).toEqual([2, 2, 2, 2]);
    for (const id of ids) expect(await journalOf(rig, id)).toHaveLength(1);
  });

  it.each(['start', 'bulk-runner'] as const)(
    'asks a broker that is away once for all commands of a round (%s)',
    async (by) => {
      const ids = await failed(3);
      const { json } = await prepare({ action: 'retry', filter: { status: 'Failed' } });
      rig.sender.away = true;
      if (by === 'start') {
        await steer(rig, `bulk-actions/${String(json['bulkActionId'])}/start`);
      } else {
        await rig.database.transaction((trx) =>
          trx.updateTable('BulkAction').set({ state: 'Running' }).execute(),
        );
        await rig.tick('bulk-runner');
      }
      expect(await runsOf(ids)).toEqual([2, 2, 2]);
      expect((await outbox()).map(({ attempts }) => attempts)).toEqual([1, 0, 0]);
    },
  );

  it('does a bounded number a round, stops when told to, and can be gone on with', async () => {
    const ids = await failed(4);
    const { json } = await prepare({ action: 'retry', filter: { status: 'Failed' } });
    const id = String(json['bulkActionId']);
    await rig.database.transaction((trx) =>
      trx.updateTable('BulkAction').set({ state: 'Running' }).execute(),
    );
    expect(await run(1)).toMatchObject({ commands: 1, outboxIds: [expect.any(String)] });
    expect(await read(id)).toMatchObject({
      state: 'Running',
      counts: { pending: 3, done: 1 },
      progressPercent: 25,
    });
    expect((await steer(rig, `bulk-actions/${id}/stop`)).json).toMatchObject({ state: 'Stopped' });
    expect(await run(10)).toEqual({ commands: 0, outboxIds: [] });
    expect(await runsOf(ids)).toEqual([2, 1, 1, 1]);
    await steer(rig, `bulk-actions/${id}/start`);
    expect(await runsOf(ids)).toEqual([2, 2, 2, 2]);
    expect(await read(id)).toMatchObject({ state: 'Finished' });
  });

  it('with the same Idempotency-Key is prepared once', async () => {
    await failed(1);
    const headers = { 'idempotency-key': 'bulk-1' };
    const body = { action: 'retry', filter: { status: 'Failed' } };
    const [first, second] = [await prepare(body, headers), await prepare(body, headers)];
    expect(second.json['bulkActionId']).toBe(first.json['bulkActionId']);
    expect((await prepare({ ...body, action: 'cancel' }, headers)).status).toBe(409);
  });

  it('is refused when it is about too many', async () => {
    const commandId = await failedCommand(rig);
    const { command } = await rowsOf(rig, commandId);
    const { seq: _seq, ...row } = command;
    await rig.database.transaction(async (trx) => {
      for (let start = 0; start < 10_000; start += 40) {
        const rows = Array.from({ length: 40 }, (_, index) => ({
          ...row,
          commandId: `00000000-0000-4000-8000-${String(start + index).padStart(12, '0')}`,
        }));
        await trx.insertInto('CamCommand').values(rows).execute();
      }
    });
    expect(await prepare({ action: 'retry', filter: { application: 'esprit' } })).toMatchObject({
      status: 422,
      json: { code: 'bulk-too-many', maxCommands: 10_000 },
    });
    expect(await rig.database.read.selectFrom('BulkActionItem').selectAll().execute()).toEqual([]);
    const fitting = await prepare({
      action: 'retry',
      filter: { application: 'esprit', q: 'nothing like it' },
    });
    expect(fitting).toMatchObject({ status: 201, json: { matched: 0, progressPercent: 100 } });
  }, 60_000);

  it('is for operators alone', async () => {
    const json = { action: 'retry', filter: {}, reason: 'x' };
    for (const as of ['reader', 'engineer', 'approver', 'cmdhost'] as const) {
      expect([as, (await rig.http('POST', 'bulk-actions', { as, json })).status]).toEqual([as, 403]);
    }
    expect((await rig.http('GET', 'operator-actions', { as: 'engineer' })).status).toBe(403);
    const none = '00000000-0000-4000-8000-000000000000';
    expect((await steer(rig, `bulk-actions/${none}/start`)).status).toBe(404);
  });
});
