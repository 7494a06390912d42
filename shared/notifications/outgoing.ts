import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import type { NoticeFacts } from './facts.ts';
import { type Recipient, recipientKey } from './recipients.ts';

const MAX_KEY_LENGTH = 200;

/** Something to tell, before it has rows. */
export interface Outgoing {
  /** Unique per thing told; each recipient's row adds its own part. */
  readonly key: string;
  readonly facts: NoticeFacts;
  readonly at: string;
}

/** Writes one row per recipient, in the transaction of what it tells of. The timer sends them. */
export async function writeNotifications(
  trx: Queries,
  { key, facts, at }: Outgoing,
  recipients: readonly Recipient[],
): Promise<void> {
  if (recipients.length === 0) return;
  const subject =
    facts.about === 'command'
      ? { incidentId: null, commandId: facts.command.commandId, run: facts.command.run }
      : {
          incidentId: facts.incidentId,
          commandId: facts.command?.commandId ?? null,
          run: facts.command?.run ?? null,
        };
  const rows = recipients.map((to) => ({
    notificationId: randomUUID(),
    dedupeKey: `${key}:${recipientKey(to)}`.slice(0, MAX_KEY_LENGTH),
    kind: kindOf(facts),
    channel: to.channel,
    recipient: to.recipient,
    ...subject,
    content: JSON.stringify(facts),
    state: 'Pending',
    attempts: 0,
    nextAt: at,
    lastError: null,
    createdAt: at,
    sentAt: null,
  }));
  // A step that is repeated finds its rows: telling twice, or failing the command, would both be wrong.
  const there = await trx
    .selectFrom('Notification')
    .select('dedupeKey')
    .where(
      'dedupeKey',
      'in',
      rows.map(({ dedupeKey }) => dedupeKey),
    )
    .execute();
  const known = new Set(there.map(({ dedupeKey }) => dedupeKey));
  const fresh = rows.filter(({ dedupeKey }) => !known.has(dedupeKey));
  if (fresh.length > 0) await trx.insertInto('Notification').values(fresh).execute();
}

function kindOf(facts: NoticeFacts): string {
  return facts.about === 'command' ? `command-${facts.outcome.toLowerCase()}` : `incident-${facts.event}`;
}
