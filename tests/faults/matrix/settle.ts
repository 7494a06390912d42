import { readInstances } from '../../support/faults-durable.ts';
import { commandStatuses } from '../../support/faults-database.ts';
import { readJournals } from '../../support/faults-journals.ts';
import { peekQueue } from '../../support/faults-queues.ts';
import type { NoticeRow } from '../../support/invariants.ts';
import { until } from '../../support/stack.ts';
import type { Fault } from './faults/index.ts';
import type { Rig } from './rig.ts';

const FINAL = ['Succeeded', 'Failed', 'Cancelled'];
const QUEUES = ['esprit-commands', 'esprit-dispatch', 'esprit-results'];

/**
 * Waits until nothing goes on any more: commands ended, nothing to be sent, no orchestration, no message. Resolves after `limitMs` too:
 * what is left then is for the checker to find. @returns what was still open; empty when all was settled
 */
export async function settle(
  rig: Rig,
  sent: readonly string[],
  { limitMs, mayWait }: { readonly limitMs: number; readonly mayWait: Fault['mayWait'] },
): Promise<string> {
  let open = '';
  try {
    await until(
      async () => {
        open = await lookForOpen(rig, sent, mayWait).catch((error: unknown) => String(error));
        return open === '';
      },
      '',
      limitMs,
    );
    return '';
  } catch {
    return open;
  }
}

/** The first thing found that is not settled. */
async function lookForOpen(rig: Rig, sent: readonly string[], mayWait: Fault['mayWait']): Promise<string> {
  const statuses = await commandStatuses(rig.readTable);
  const openCommands = [...statuses].filter(([, status]) => !FINAL.includes(status));
  if (openCommands.length > 0) return `commands: ${openCommands.map((pair) => pair.join(' ')).join(', ')}`;
  const missing = sent.filter((id) => !statuses.has(id));
  if (missing.length > 0) return `messages without a command: ${missing.join(', ')}`;
  for (const table of ['Outbox', 'CamWorkItem'] as const) {
    const rows = await rig.readTable(table);
    if (rows.length > 0) return `${rows.length} rows of ${table}`;
  }
  const notices = await rig.readTable<NoticeRow>('Notification');
  const waiting = mayWait?.(notices);
  const unsent = notices.filter(
    ({ notificationId, state }) => ['Pending', 'Sending'].includes(state) && !waiting?.has(notificationId),
  ).length;
  if (unsent > 0) return `${unsent} notifications to be sent`;
  const instances = (await readInstances(rig.stack.stateDir)).filter(({ status }) => status !== 'Completed');
  if (instances.length > 0)
    return `orchestrations: ${instances.map(({ instanceId, status }) => `${instanceId} ${status}`).join(', ')}`;
  const entries = await readJournals(rig.stack.stateDir);
  // One that is begun there and ended in the tables could not be written down: the agent's next start puts it right.
  const unreported = entries.filter(({ state }) => state === 'ended');
  if (unreported.length > 0)
    return `results to be sent: ${unreported.map(({ attemptId }) => attemptId).join(', ')}`;
  for (const queue of QUEUES) {
    const { length } = await peekQueue(rig.stack.serviceBusConnection, queue);
    if (length > 0) return `${length} messages in ${queue}`;
  }
  return '';
}
