import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from './fake-clock.ts';
import type { DurableWorker } from './backend.ts';
import { Engine } from './engine.ts';
import { Management } from './management.ts';
import { Store } from './store.ts';

/** Asks for one activity, ends with its result. */
const worker: DurableWorker = {
  orchestrators: new Set(['o']),
  activities: new Set(['a']),
  runOrchestrator: (_name, input) => {
    const { history } = JSON.parse(input) as { history: { EventType: number }[] };
    const isDone = history.some((event) => event.EventType === 5);
    return Promise.resolve(
      JSON.stringify({ isDone, actions: [[{ actionType: 0, functionName: 'a' }]], output: 'ended' }),
    );
  },
  runActivity: () => Promise.resolve('1'),
};

describe('Engine', () => {
  let folder: string;
  let store: Store;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'durable-task-'));
    store = new Store(join(folder, 'durable.db'));
  });
  afterEach(async () => {
    store.close();
    await rm(folder, { recursive: true });
  });

  function engineOver(broken: Store): {
    engine: Engine;
    management: Management;
    clock: FakeClock;
    faults: string[];
  } {
    const clock = new FakeClock();
    const faults: string[] = [];
    const engine = new Engine({
      store: broken,
      worker,
      clock,
      log: (level, message) => faults.push(`${level}: ${message}`),
      maxActivities: 1,
      maxOrchestrators: 1,
    });
    return { engine, management: new Management({ store, engine, worker, clock }), clock, faults };
  }

  it.each([
    ['a turn', 1, /^error: turn of instance 1 failed/],
    ["an activity's result", 2, /^error: result of activity a of x failed/],
  ])(
    'logs a fault of the database while it writes %s, and tries again after a pause',
    async (_what, failing, line) => {
      let transactions = 0;
      let reported: (() => void) | undefined;
      const failed = new Promise<void>((resolve) => (reported = resolve));
      const broken = new Proxy(store, {
        get: (target, property) => {
          if (property !== 'transaction') {
            const value: unknown = Reflect.get(target, property, target);
            return typeof value === 'function' ? (value.bind(target) as unknown) : value;
          }
          return <T>(work: () => T): T => {
            transactions += 1;
            if (transactions !== failing) return target.transaction(work);
            setImmediate(() => reported?.());
            throw new Error('disk full');
          };
        },
      });
      const { engine, management, clock, faults } = engineOver(broken);
      engine.start();
      management.start('o', 'x', null);
      await failed;
      expect(faults).toEqual([expect.stringMatching(line)]);
      expect(store.instanceById('x')?.status).not.toBe('Completed');
      clock.advance(1_000);
      await engine.idle();
      expect(store.instanceById('x')).toMatchObject({ status: 'Completed', output: '"ended"' });
      engine.stop();
    },
  );
});

describe('Store', () => {
  it('refuses a file that another backend holds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'durable-task-'));
    const path = join(folder, 'durable.db');
    const holder = new Store(path);
    expect(() => new Store(path)).toThrow(/durable\.db cannot be opened: database is locked/);
    holder.close();
    new Store(path).close();
    await rm(folder, { recursive: true });
  });
});
