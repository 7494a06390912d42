import { join } from 'node:path';
import { Alarm } from './alarm.ts';
import { Router } from './amqp/router.ts';
import { listen } from './amqp/server.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { QueueSettings } from './config.ts';
import { Entities } from './entity.ts';
import { Faults } from './faults/faults.ts';
import { MessageStore } from './store.ts';
import { Turn } from './turn.ts';

export interface BrokerOptions {
  /** 0 takes a free port. */
  readonly port: number;
  /** Default 127.0.0.1: tokens are not verified, so the broker must not be reachable from elsewhere. */
  readonly host?: string;
  /** The SQLite file is `service-bus.db` in `stateDir`, or `databasePath` (`:memory:` for none). */
  readonly stateDir?: string;
  readonly databasePath?: string;
  readonly queues: readonly QueueSettings[];
  readonly clock?: Clock;
  /** Switches of whoever wants it to misbehave. */
  readonly faults?: Faults;
}

export interface RunningBroker {
  readonly port: number;
  /** Answers what is under way, closes connections, port and file. May be called more than once. */
  stop(): Promise<void>;
}

/** Starts a broker in this process. Rejects with a sentence when the port or the file is in use. */
export async function startBroker(options: BrokerOptions): Promise<RunningBroker> {
  const { clock = systemClock, faults = new Faults() } = options;
  const store = new MessageStore(
    options.databasePath ?? join(options.stateDir ?? '.local', 'service-bus.db'),
  );
  const turn = new Turn(() => {
    store.commit();
    alarm.set(entities.nextDeadlineMs());
  });
  const entities = new Entities(options.queues, { store, turn, clock, faults });
  const alarm = new Alarm(clock, () => entities.wakeAll());
  try {
    const server = await listen(
      { host: options.host ?? '127.0.0.1', port: options.port },
      new Router(entities, turn),
    );
    faults.attach(server.connections);
    entities.wakeAll();
    let stopped: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      turn.finish();
      await server.close();
      turn.finish();
      alarm.set(undefined);
      store.close();
    };
    return { port: server.port, stop: () => (stopped ??= stop()) };
  } catch (error) {
    turn.finish();
    alarm.set(undefined);
    store.close();
    throw error;
  }
}
