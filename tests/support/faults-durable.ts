import { join } from 'node:path';
import { readHeld } from './faults-held-files.ts';

/** An orchestration as its store has it. */
export interface StoredInstance {
  readonly instanceId: string;
  readonly status: string;
  /** Names of the events that were raised for it, seen by it or not. */
  readonly events: ReadonlySet<string>;
}

const EVENT_RAISED = 15;

/** All orchestrations of a stack. */
export async function readInstances(stateDir: string): Promise<StoredInstance[]> {
  const read = await readHeld(join(stateDir, 'durable-task.db'), (database) => {
    const events = new Map<number, Set<string>>();
    const raised = database
      .prepare(
        `select instance, name from history where type = ${EVENT_RAISED}
         union select instance, name from inbox where type = ${EVENT_RAISED}`,
      )
      .all() as { instance: number; name: string }[];
    for (const { instance, name } of raised)
      events.set(instance, (events.get(instance) ?? new Set()).add(name));
    const rows = database.prepare('select seq, instance_id, status from instance').all() as {
      seq: number;
      instance_id: string;
      status: string;
    }[];
    return rows.map((row) => ({
      instanceId: row.instance_id,
      status: row.status,
      events: events.get(row.seq) ?? new Set<string>(),
    }));
  });
  return read ?? [];
}
