import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type DurableApp,
  newInstanceId,
  type OpenDurableApp,
  outputOf,
  reached,
  settledStatus,
} from './durable-app.ts';
import { COLLECT, MANY, RACE, ROUNDS, TOGETHER } from './suite-app/main.ts';

/** How long the timers of the races run, in ms: elsewhere than locally that is waited for. */
const timerMs = 15_000;
const pastTimerMs = timerMs + 2_000;

/** External events, and their races against timers. */
export function describeEvents(open: OpenDurableApp): void {
  describe('events and timers', () => {
    let app: DurableApp;
    beforeEach(async () => {
      app = await open();
    });
    afterEach(() => app.close());

    async function start(name: string, input: unknown): Promise<string> {
      const id = await app.client.startNew(name, { instanceId: newInstanceId(), input });
      await reached(app, id, ({ runtimeStatus }) => runtimeStatus === 'Running');
      return id;
    }

    async function startRace(): Promise<string> {
      const id = await start(RACE, timerMs);
      await reached(app, id, ({ customStatus }) => customStatus === 'racing');
      return id;
    }

    it('keeps an event that was raised before its waiter stood', async () => {
      const id = await start(COLLECT, ['open', 'go']);
      await app.client.raiseEvent(id, 'go', 'early');
      expect(await settledStatus(app, id)).toBe('Running');
      await app.client.raiseEvent(id, 'open', null);
      expect(await outputOf(app, id)).toEqual([null, 'early']);
    });

    it('takes an event that follows its start at once', async () => {
      const id = await app.client.startNew(COLLECT, { instanceId: newInstanceId(), input: ['go'] });
      await app.client.raiseEvent(id, 'go', { at: 'once' });
      expect(await outputOf(app, id)).toEqual([{ at: 'once' }]);
    });

    it('gives two events of one name to two waiters, one after the other, in their order', async () => {
      const id = await start(COLLECT, ['go', 'go']);
      await app.client.raiseEvent(id, 'go', 1);
      await reached(app, id, ({ customStatus }) => customStatus === 1);
      await app.client.raiseEvent(id, 'go', 2);
      expect(await outputOf(app, id)).toEqual([1, 2]);
    });

    it('gives the first event of a name to the newest of two waiters that stand at a time', async () => {
      const id = await start(TOGETHER, null);
      await reached(app, id, ({ customStatus }) => customStatus === 'waiting');
      await app.client.raiseEvent(id, 'go', 'first');
      expect(await settledStatus(app, id)).toBe('Running');
      await app.client.raiseEvent(id, 'go', 'second');
      expect(await outputOf(app, id)).toEqual(['second', 'first']);
    });

    it('wakes nobody with an event of another name', async () => {
      const id = await start(COLLECT, ['go.1.2']);
      for (const name of ['go.1.1', 'go.1', 'go.1.20']) await app.client.raiseEvent(id, name, 'not mine');
      expect(await settledStatus(app, id)).toBe('Running');
      await app.client.raiseEvent(id, 'go.1.2', 'mine');
      expect(await outputOf(app, id)).toEqual(['mine']);
    });

    it('brings each of 500 events once', async () => {
      const count = 500;
      const id = await start(MANY, count);
      for (let item = 0; item < count; item += 50)
        await Promise.all(
          Array.from({ length: 50 }, (_, index) => app.client.raiseEvent(id, 'item', item + index)),
        );
      const received = (await outputOf(app, id)) as number[];
      expect(received.toSorted((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, item) => item));
    });

    it('lets the event win when it comes before the timer', async () => {
      const id = await startRace();
      await app.client.raiseEvent(id, 'go', 'x');
      expect(await outputOf(app, id)).toEqual({ won: { event: 'x' }, after: 'after' });
      await app.passTime(pastTimerMs);
      expect(await outputOf(app, id)).toEqual({ won: { event: 'x' }, after: 'after' });
    });

    it('lets the timer win when it comes before the event', async () => {
      const id = await startRace();
      await app.passTime(pastTimerMs);
      const timerWon = { won: 'timer', after: 'after' };
      expect(await outputOf(app, id)).toEqual(timerWon);
      await app.client.raiseEvent(id, 'go', 'late');
      expect(await outputOf(app, id)).toEqual(timerWon);
    });

    it('lets the event win that came before the timer when one turn sees both', async () => {
      const id = await startRace();
      await suspend(id);
      await app.client.raiseEvent(id, 'go', 'before');
      await app.passTime(pastTimerMs);
      expect(await settledStatus(app, id)).toBe('Suspended');
      await app.client.resume(id, 'both are in');
      expect(await outputOf(app, id)).toEqual({ won: { event: 'before' }, after: 'after' });
    });

    it('lets the timer win that came before the event when one turn sees both', async () => {
      const id = await startRace();
      await suspend(id);
      await app.passTime(pastTimerMs);
      await app.client.raiseEvent(id, 'go', 'after');
      expect(await settledStatus(app, id)).toBe('Suspended');
      await app.client.resume(id, 'both are in');
      expect(await outputOf(app, id)).toEqual({ won: 'timer', after: 'after' });
    });

    it('wakes a waiter that stands through several races, whichever of the others won them', async () => {
      const id = await start(ROUNDS, timerMs);
      const ended = (rounds: number): Promise<unknown> =>
        reached(app, id, ({ customStatus }) => (customStatus as string[] | null)?.length === rounds);
      await app.client.raiseEvent(id, 'next.0', null);
      await ended(1);
      await app.client.raiseEvent(id, 'next.1', null);
      await ended(2);
      await app.settle();
      await app.passTime(pastTimerMs);
      await ended(3);
      await app.client.raiseEvent(id, 'next.0', 'late, for a round that is over');
      expect(await settledStatus(app, id)).toBe('Running');
      await app.client.raiseEvent(id, 'cancel', null);
      expect(await outputOf(app, id)).toEqual(['next', 'next', 'timer', 'cancel']);
    });

    it('tells a standing waiter of an event that came during the activity between two races or in the next one', async () => {
      const id = await start(ROUNDS, timerMs);
      await app.client.raiseEvent(id, 'next.0', null);
      await app.client.raiseEvent(id, 'cancel', null);
      await app.client.raiseEvent(id, 'cancel', 'once more');
      const ends = (await outputOf(app, id)) as string[];
      expect(['next', 'next cancel']).toContain(ends.join(' '));
    });

    async function suspend(id: string): Promise<void> {
      await app.client.suspend(id, 'hold');
      await reached(app, id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
    }
  });
}
