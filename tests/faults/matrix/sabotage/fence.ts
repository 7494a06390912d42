import { DatabaseSync } from 'node:sqlite';
import { raiseEvent as real } from '../../../../functions/messaging/instances.ts';

export * from '../../../../functions/messaging/instances.ts';

/**
 * Sabotage: a result counts for whichever attempt of its command is the latest, as if nothing of it (event name, attempt id, fence)
 * were compared anywhere.
 */
export const raiseEvent: typeof real = (client, event) => {
  const [, run] = /^result\.(\d+)\./.exec(event.eventName) ?? [];
  const latest = run === undefined ? undefined : latestAttempt(event.instanceId, Number(run));
  if (!latest) return real(client, event);
  const eventName = `result.${run}.${latest.attempt}`;
  return real(client, { ...event, eventName, data: { ...(event.data as object), ...latest } });
};

interface Latest {
  readonly attemptId: string;
  readonly attempt: number;
  readonly fence: number;
}

function latestAttempt(instanceId: string, run: number): Latest | undefined {
  const path = (process.env['SqlConnection'] ?? '').replace(/^sqlite:/, '');
  using database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 });
  return database
    .prepare(
      'select attemptId, attempt, fence from CamCommandAttempt where commandId = ? and run = ? order by attempt desc limit 1',
    )
    .get(instanceId.slice(0, instanceId.lastIndexOf('.')), run) as Latest | undefined;
}
