import { createHash } from 'node:crypto';
import type { NotificationSettings } from '../config/notifications.ts';
import type { ChannelName } from './contracts.ts';

/** Somebody, or a Teams channel, that a channel reaches. */
export interface Recipient {
  readonly channel: ChannelName;
  readonly recipient: string;
}

/** Stands in a row for the Teams channel of the webhook, whose address is a secret. */
export const TEAMS_RECIPIENT = 'operators';

const ADDRESS = /^[^\s@"<>(),;:\\]+@[^\s@"<>(),;:\\]+\.[^\s@"<>(),;:\\]+$/;
const WORD = /^[\p{L}\p{N}](?:[\p{L}\p{N}._-]{0,62}[\p{L}\p{N}])?$/u;

/**
 * Where the person who ordered a command gets mail: the name itself when it is an address, or a one-word name at the configured
 * domain. Undefined for names that say no address, and for whoever is not a person.
 */
export function personRecipient(
  settings: Pick<NotificationSettings, 'email'>,
  ordered: { readonly requestedBy: string; readonly requestedByKind: string },
): Recipient | undefined {
  const { email } = settings;
  if (!email || ordered.requestedByKind !== 'user') return undefined;
  const name = ordered.requestedBy;
  if (ADDRESS.test(name) && name.length <= 320) return { channel: 'email', recipient: name };
  if (email.personDomain === undefined || !WORD.test(name)) return undefined;
  return { channel: 'email', recipient: `${name}@${email.personDomain}` };
}

/** Who is told that an incident opened or goes on. */
export function operatorRecipients({ teams, email }: NotificationSettings): Recipient[] {
  return [
    ...(teams ? [{ channel: 'teams', recipient: TEAMS_RECIPIENT } as const] : []),
    ...(email?.operators ?? []).map((recipient) => ({ channel: 'email', recipient }) as const),
  ];
}

/** Who is told when nobody takes care of a severe incident. */
export function escalationRecipients({ sms }: NotificationSettings): Recipient[] {
  return (sms?.operators ?? []).map((recipient) => ({ channel: 'sms', recipient }));
}

/** Names a recipient in a key of bounded length. */
export function recipientKey({ channel, recipient }: Recipient): string {
  return `${channel}:${createHash('sha256').update(recipient.toLowerCase()).digest('hex').slice(0, 16)}`;
}
