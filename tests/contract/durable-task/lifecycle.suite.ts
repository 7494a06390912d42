import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { OrchestrationRuntimeStatus } from 'durable-functions';
import {
  type DurableApp,
  newInstanceId,
  type OpenDurableApp,
  outputOf,
  reached,
  settledStatus,
} from './durable-app.ts';
import { COLLECT, RACE, STEPS } from './suite-app/main.ts';

const timerMs = 15_000;
const longTimerMs = 10 * 60_000;
const pastTimerMs = timerMs + 2_000;

/** Terminate, suspend, resume and purge, and starts of an id that was used before. */
export function describeLifecycle(open: OpenDurableApp): void {
  describe('the life of an instance', () => {
    let app: DurableApp;
    beforeEach(async () => {
      app = await open();
    });
    afterEach(() => app.close());

    async function startRace(ms: number, instanceId = newInstanceId()): Promise<string> {
      await app.client.startNew(RACE, { instanceId, input: ms });
      await reached(app, instanceId, ({ customStatus }) => customStatus === 'racing');
      return instanceId;
    }

    async function became(id: string, runtimeStatus: string): Promise<void> {
      await reached(app, id, (status) => status.runtimeStatus === runtimeStatus);
    }

    it('ends a terminated instance for good: neither its timer nor an event wakes it', async () => {
      const id = await startRace(timerMs);
      await app.client.terminate(id, 'no longer wanted');
      await became(id, 'Terminated');
      await app.client.raiseEvent(id, 'go', 'late');
      await app.passTime(pastTimerMs);
      expect(await settledStatus(app, id)).toBe('Terminated');
    });

    it('terminates a suspended instance with events that wait', async () => {
      const id = await startRace(longTimerMs);
      await app.client.suspend(id, 'hold');
      await became(id, 'Suspended');
      await app.client.raiseEvent(id, 'go', 'waits');
      await app.client.terminate(id, 'over');
      await became(id, 'Terminated');
    });

    it('starts a terminated id anew; the timer and the event of before do not reach it', async () => {
      const id = await startRace(timerMs);
      await app.client.suspend(id, 'hold');
      await became(id, 'Suspended');
      await app.client.raiseEvent(id, 'go', 'of before');
      await app.client.terminate(id, 'over');
      await became(id, 'Terminated');
      await startRace(longTimerMs, id);
      await app.passTime(pastTimerMs);
      expect(await settledStatus(app, id)).toBe('Running');
      await app.client.raiseEvent(id, 'go', 'own');
      expect(await outputOf(app, id)).toMatchObject({ won: { event: 'own' } });
    });

    it('keeps events while suspended, and gives each to its waiter after resume', async () => {
      const id = await app.client.startNew(COLLECT, { instanceId: newInstanceId(), input: ['one', 'two'] });
      await became(id, 'Running');
      await app.client.suspend(id, 'hold');
      await became(id, 'Suspended');
      await app.client.raiseEvent(id, 'two', 2);
      await app.client.raiseEvent(id, 'one', 1);
      expect(await settledStatus(app, id)).toBe('Suspended');
      await app.client.resume(id, 'on');
      expect(await outputOf(app, id)).toEqual([1, 2]);
    });

    it('may be suspended and resumed again while its timer runs', async () => {
      const id = await startRace(timerMs);
      for (let round = 0; round < 2; round += 1) {
        await app.client.suspend(id, 'hold');
        await became(id, 'Suspended');
        await app.client.resume(id, 'on');
        await became(id, 'Running');
      }
      await app.passTime(pastTimerMs);
      expect(await outputOf(app, id)).toMatchObject({ won: 'timer' });
    });

    it('purges an ended instance, and starts its id anew without anything of before', async () => {
      const id = await app.client.startNew(COLLECT, { instanceId: newInstanceId(), input: ['go'] });
      await became(id, 'Running');
      await app.client.raiseEvent(id, 'spare', 'nobody took it');
      await app.client.raiseEvent(id, 'go', 'old');
      expect(await outputOf(app, id)).toEqual(['old']);
      expect(await app.client.purgeInstanceHistory(id)).toMatchObject({ instancesDeleted: 1 });
      await expect(app.client.getStatus(id)).rejects.toThrow(/404/);
      await expect(app.client.raiseEvent(id, 'go', 'x')).rejects.toThrow(/No instance with ID/);

      await app.client.startNew(COLLECT, { instanceId: id, input: ['spare'] });
      await became(id, 'Running');
      expect(await settledStatus(app, id)).toBe('Running');
      await app.client.raiseEvent(id, 'spare', 'new');
      expect(await outputOf(app, id)).toEqual(['new']);
    });

    it('purges a terminated instance with a timer, which does not reach the next one of its id', async () => {
      const id = await startRace(timerMs);
      await app.client.terminate(id, 'over');
      await became(id, 'Terminated');
      expect(await app.client.purgeInstanceHistory(id)).toMatchObject({ instancesDeleted: 1 });
      await startRace(longTimerMs, id);
      await app.passTime(pastTimerMs);
      expect(await settledStatus(app, id)).toBe('Running');
      await app.client.terminate(id, 'the test ends');
      await became(id, 'Terminated');
    });

    it('replaces a finished instance, and refuses to replace one that runs', async () => {
      const id = await app.client.startNew(STEPS, { instanceId: newInstanceId(), input: 1 });
      expect(await outputOf(app, id)).toBe(1);
      await startRace(longTimerMs, id);
      await expect(app.client.startNew(STEPS, { instanceId: id, input: 2 })).rejects.toThrow(
        /unexpected status code: (?:409|500)/,
      );
      expect(await settledStatus(app, id)).toBe(OrchestrationRuntimeStatus.Running);
      await app.client.terminate(id, 'the test ends');
      await became(id, 'Terminated');
    });
  });
}
