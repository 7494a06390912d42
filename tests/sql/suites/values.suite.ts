import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Database } from '../../../shared/data/index.ts';
import { createHistoryService, recordHistory } from '../../../shared/history/index.ts';
import { rowBatches } from '../../../shared/routings/row-batches.ts';
import { createRoutingService } from '../../../shared/routings/index.ts';
import { type Engine, openPair } from './engine.ts';
import { CHANGE, VIEWER, makeRouting, stored } from './rows.ts';

const MILLISECONDS = Array.from(
  { length: 1000 },
  (_, ms) => `2026-03-02T08:00:00.${String(ms).padStart(3, '0')}Z`,
);

export function valuesSuite({ facts }: Engine): void {
  let database: Database;
  beforeEach(async () => {
    ({ database } = await openPair());
  });

  describe('times', () => {
    const storedTimes = async (): Promise<string[]> =>
      (await database.read.selectFrom('StoredFile').select('storedAt').orderBy('storedAt').execute()).map(
        ({ storedAt }) => storedAt,
      );
    const putTimes = (times: readonly string[]) =>
      database.transaction(async (trx) => {
        const rows = times.map((storedAt, number) => stored(number, { storedAt }));
        for (const batch of rowBatches(rows)) await trx.insertInto('StoredFile').values(batch).execute();
      });

    it('keep every millisecond, in their order', async () => {
      await putTimes(MILLISECONDS.toReversed());
      expect(await storedTimes()).toEqual(MILLISECONDS);
    });

    it('are compared to the millisecond', async () => {
      await putTimes(MILLISECONDS);
      for (const ms of [0, 1, 2, 3, 6, 7, 333, 334, 998]) {
        const from = MILLISECONDS[ms] ?? '';
        const count = async (operator: '=' | '<' | '>=') =>
          (
            await database.read
              .selectFrom('StoredFile')
              .select(({ fn }) => fn.countAll<number>().as('count'))
              .where('storedAt', operator, from)
              .executeTakeFirstOrThrow()
          ).count;
        expect([await count('<'), await count('='), await count('>=')]).toEqual([ms, 1, 1000 - ms]);
      }
    });

    it('of history are filtered and paged to the millisecond', async () => {
      await database.transaction(async (trx) => {
        for (const at of MILLISECONDS.slice(500, 520))
          await recordHistory(trx, { ...CHANGE, at }, [{ itemCode: 'I', changeType: 'ItemChanged' }]);
      });
      const history = createHistoryService({ database });
      const span = { from: MILLISECONDS[503], to: MILLISECONDS[511] };
      const first = await history.list({ filter: span, count: 3 });
      const second = await history.list({ filter: span, count: 50, after: first.next });
      expect([...first.value, ...second.value].map(({ changedAt }) => changedAt)).toEqual(
        MILLISECONDS.slice(503, 511).toReversed(),
      );
    });

    it('may be far away', async () => {
      const times = [
        '1753-01-01T00:00:00.001Z',
        '1900-02-28T23:59:59.999Z',
        '2000-02-29T12:00:00.000Z',
        '9999-12-31T23:59:59.999Z',
      ];
      await putTimes(times);
      expect(await storedTimes()).toEqual(times);
    });
  });

  describe('numbers', () => {
    it.each([0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 5_000_000_000, 20 * 2 ** 30, Number.MAX_SAFE_INTEGER])(
      'of bytes: %d is kept and found',
      async (sizeBytes) => {
        await database.transaction((trx) =>
          trx.insertInto('StoredFile').values(stored(1, { sizeBytes })).execute(),
        );
        const found = await database.read
          .selectFrom('StoredFile')
          .select('sizeBytes')
          .where('sizeBytes', '=', sizeBytes)
          .execute();
        expect(found).toEqual([{ sizeBytes }]);
      },
    );

    it('with fractions have the precision that the engine says', async () => {
      const routingId = await makeRouting(database);
      const percents = [0, 12.5, 33.3, 100];
      const commandId = await putCommand(database, routingId);
      await database.transaction(async (trx) => {
        for (const [index, percent] of percents.entries())
          await trx
            .insertInto('CamCommandAttempt')
            .values({
              attemptId: randomUUID(),
              commandId,
              run: 1,
              attempt: index + 1,
              fence: index,
              status: 'Running',
              workstation: null,
              queuedAt: CHANGE.at,
              claimedAt: null,
              startedAt: null,
              endedAt: null,
              phase: null,
              percent,
              logTail: null,
              errorCode: null,
              errorMessage: null,
            })
            .execute();
      });
      const rows = await database.read
        .selectFrom('CamCommandAttempt')
        .select('percent')
        .orderBy('seq')
        .execute();
      const expected = facts().realBits === 53 ? percents : percents.map((percent) => Math.fround(percent));
      expect(rows.map(({ percent }) => percent)).toEqual(expected);
    });

    it('that are flags are 0 or 1, and may be asked for', async () => {
      const routingId = await makeRouting(database);
      const isMain = async (flag: number) =>
        (await database.read.selectFrom('Routing').select('isMain').where('isMain', '=', flag).execute()).map(
          (row) => row.isMain,
        );
      expect([await isMain(0), await isMain(1)]).toEqual([[0], []]);
      await database.transaction((trx) =>
        trx.updateTable('Routing').set({ isMain: 1 }).where('routingId', '=', routingId).execute(),
      );
      expect([await isMain(0), await isMain(1)]).toEqual([[], [1]]);
    });

    it('grow in the order of insertion as seq', async () => {
      for (let number = 0; number < 5; number += 1)
        await database.transaction((trx) => trx.insertInto('StoredFile').values(stored(number)).execute());
      const rows = await database.read
        .selectFrom('StoredFile')
        .select(['seq', 'sizeBytes'])
        .orderBy('seq')
        .execute();
      expect(rows.map(({ sizeBytes }) => sizeBytes)).toEqual([0, 1, 2, 3, 4]);
      expect(rows.every(({ seq }) => Number.isSafeInteger(seq))).toBe(true);
    });
  });

  describe('nothing', () => {
    it('is null in every kind of column, and is found as that', async () => {
      const routingId = await makeRouting(database);
      const commandId = await putCommand(database, routingId);
      const command = await database.read.selectFrom('CamCommand').selectAll().executeTakeFirstOrThrow();
      expect(command).toMatchObject({
        commandId,
        notBefore: null,
        startedAt: null,
        workstation: null,
        errorMessage: null,
        traceparent: null,
      });
      const found = await database.read
        .selectFrom('CamCommand')
        .select('commandId')
        .where('notBefore', 'is', null)
        .where('traceparent', 'is', null)
        .where('workstation', 'is', null)
        .execute();
      expect(found).toEqual([{ commandId }]);
    });

    it('may take the place of a value, and a value its', async () => {
      const routingId = await makeRouting(database);
      const commandId = await putCommand(database, routingId);
      const set = async (startedAt: string | null, workstation: string | null) => {
        await database.transaction((trx) =>
          trx
            .updateTable('CamCommand')
            .set({ startedAt, workstation })
            .where('commandId', '=', commandId)
            .execute(),
        );
        return database.read
          .selectFrom('CamCommand')
          .select(['startedAt', 'workstation'])
          .executeTakeFirstOrThrow();
      };
      expect(await set(CHANGE.at, 'WS-1')).toEqual({ startedAt: CHANGE.at, workstation: 'WS-1' });
      expect(await set(null, null)).toEqual({ startedAt: null, workstation: null });
    });
  });

  describe('many rows', () => {
    it('of one insert are all there, in their order', async () => {
      const rows = Array.from({ length: 1500 }, (_, number) => stored(number));
      await database.transaction(async (trx) => {
        for (const batch of rowBatches(rows)) await trx.insertInto('StoredFile').values(batch).execute();
      });
      const kept = await database.read.selectFrom('StoredFile').select('sizeBytes').orderBy('seq').execute();
      expect(kept.map(({ sizeBytes }) => sizeBytes)).toEqual(rows.map(({ sizeBytes }) => sizeBytes));
    });

    it('of a list of ids are found', async () => {
      const rows = Array.from({ length: 1000 }, (_, number) => stored(number));
      await database.transaction(async (trx) => {
        for (const batch of rowBatches(rows)) await trx.insertInto('StoredFile').values(batch).execute();
      });
      const wanted = rows.filter((_, number) => number % 2).map(({ sha256 }) => sha256);
      const found = await database.read
        .selectFrom('StoredFile')
        .select('sha256')
        .where('sha256', 'in', wanted)
        .execute();
      expect(found).toHaveLength(500);
    });

    it('of steps and of their history go through one change', async () => {
      const routingId = await makeRouting(database);
      const steps = Array.from({ length: 200 }, (_, index) => ({
        sequence: index + 1,
        machine: `M${index}`,
        processDescription: `단계 ${index}`,
      }));
      const routings = createRoutingService({ database });
      const changed = await routings.change(VIEWER, routingId, {
        request: { steps },
        change: CHANGE,
        expectedVersion: 1,
      });
      expect(changed.steps).toHaveLength(200);
      const emptied = await routings.change(VIEWER, routingId, {
        request: { steps: [] },
        change: CHANGE,
        expectedVersion: 2,
      });
      expect(emptied.steps).toEqual([]);
      const { value } = await createHistoryService({ database }).list({ filter: { routingId }, count: 1000 });
      expect(value.filter(({ changeType }) => changeType === 'StepRemoved')).toHaveLength(200);
    });
  });
}

async function putCommand(database: Database, routingId: string): Promise<string> {
  const commandId = randomUUID();
  await database.transaction((trx) =>
    trx
      .insertInto('CamCommand')
      .values({
        commandId,
        routingId,
        itemCode: 'P-1',
        revisionCode: 'A',
        camRev: 1,
        application: 'esprit',
        commandType: 'Simulate',
        parameters: '{}',
        priority: 5,
        notBefore: null,
        status: 'Queued',
        run: 1,
        attempt: 0,
        maxAttempts: 4,
        requestedAt: CHANGE.at,
        requestedBy: 'kim',
        requestedByKind: 'user',
        startedAt: null,
        completedAt: null,
        workstation: null,
        errorCode: null,
        errorMessage: null,
        waitReason: null,
        cancelRequestedAt: null,
        cancelRequestedBy: null,
        cancelReason: null,
        traceparent: null,
        version: 1,
      })
      .execute(),
  );
  return commandId;
}
