import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type DurableApp, newInstanceId, type OpenDurableApp, outputOf, reached } from './durable-app.ts';
import { digestOf, FAILURES, LARGE, LOG, STEPS } from './suite-app/main.ts';

const kiB = 1024;

interface Logged {
  readonly name: string;
  readonly at: string;
}

/** That an orchestrator sees the same in every replay, and every payload whole. */
export function describeReplay(open: OpenDurableApp): void {
  describe('replay', () => {
    let app: DurableApp;
    beforeEach(async () => {
      app = await open();
    });
    afterEach(() => app.close());

    const start = (name: string, input: unknown): Promise<string> =>
      app.client.startNew(name, { instanceId: newInstanceId(), input });

    it('gives each activity what the one before returned, over 60 turns', async () => {
      expect(await outputOf(app, await start(STEPS, 60))).toBe(60);
    });

    it('tells events in the order in which they were told first, at the same instants, in every later replay', async () => {
      const id = await start(LOG, null);
      const order = ['c', 'a', 'b'];
      let seen: Logged[] = [];
      for (const [index, name] of order.entries()) {
        await app.client.raiseEvent(id, `next-${index}`, name);
        const { customStatus } = await reached(
          app,
          id,
          (status) => (status.customStatus as Logged[] | null)?.length === index + 1,
        );
        const log = customStatus as Logged[];
        expect(log.slice(0, index)).toEqual(seen);
        seen = log;
        await app.passTime(1_000);
      }
      expect(await outputOf(app, id)).toEqual(seen);
      expect(seen.map(({ name }) => name)).toEqual(order);
      expect(seen.map(({ at }) => at)).toEqual(seen.map(({ at }) => at).toSorted());
    });

    it('throws an activity’s error into the orchestrator, which may catch it, and ends with one that it throws itself', async () => {
      const id = await start(FAILURES, null);
      const status = await reached(app, id, ({ runtimeStatus }) => runtimeStatus === 'Failed');
      expect(status.customStatus).toEqual([
        expect.stringContaining('failed on purpose: one'),
        expect.stringContaining('failed on purpose: two'),
      ]);
      expect(JSON.stringify(status.output)).toContain('gave up after 2');
    });

    it.each([
      ['just over 64 KiB', 64 * kiB + 1],
      ['1 MiB', kiB * kiB],
    ])('carries %s as input, activity result and event, unchanged', async (_size, length) => {
      const input = 'ü'.repeat(length);
      const event = 'e'.repeat(length);
      const id = await start(LARGE, input);
      await app.client.raiseEvent(id, 'data', event);
      expect(await outputOf(app, id)).toEqual([input, input, 'r'.repeat(length), event].map(digestOf));
    });
  });
}
