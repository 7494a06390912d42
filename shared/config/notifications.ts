import { z } from 'zod';
import type { ServiceAccess } from './access.ts';
import { address, duration } from './settings.ts';

/** Who is told, by which channels, in which language. A channel that is not configured is absent. */
export interface NotificationSettings {
  readonly teams?: { readonly webhookUrl: string };
  readonly email?: {
    readonly from: string;
    readonly operators: readonly string[];
    /** Completes a one-word name of a person to an address. */
    readonly personDomain?: string;
  };
  readonly sms?: { readonly from: string; readonly operators: readonly string[] };
  /** How long a severe incident stays unacknowledged before it goes out by SMS. */
  readonly smsAfterMs: number;
  /** Azure Communication Services, which carries e-mail and SMS. */
  readonly communication?: ServiceAccess;
  readonly language: 'en' | 'ko';
  /** What links begin with, without a slash at the end: the console's address, or the API's. */
  readonly linkBase?: string;
}

const SMS_AFTER = 'PT15M';

const emailAddress = z.email('must be an e-mail address').max(320);
const phoneNumber = z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be phone numbers such as +821012345678');

function listOf(item: z.ZodType<string, string>, what: string) {
  return z
    .string()
    .transform((text) =>
      text
        .split(/[,;]/)
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item, what).min(1, what).max(50, 'must be at most 50'));
}

/** The app settings about notifications; part of the schema of the functions process. */
export const notificationFields = {
  Notifications__Teams__WebhookUrl: address('the address of a Teams workflow').optional(),
  Notifications__Email__From: emailAddress.optional(),
  Notifications__Email__Operators: listOf(emailAddress, 'must be e-mail addresses').optional(),
  Notifications__Email__PersonDomain: z
    .string()
    .regex(/^[\w-]+(\.[\w-]+)+$/, 'must be a domain such as shop.example')
    .optional(),
  Notifications__Sms__From: z
    .string()
    .regex(
      /^(\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11})$/,
      'must be a phone number, short code or sender id',
    )
    .optional(),
  Notifications__Sms__Operators: listOf(phoneNumber, 'must be phone numbers').optional(),
  Notifications__Sms__After: duration('how long an incident stays unacknowledged').optional(),
  Notifications__Language: z.enum(['en', 'ko'], 'must be en or ko').optional(),
  Notifications__ConsoleUrl: address('the address of the console').optional(),
  CommunicationServices: z
    .string()
    .regex(
      /^(?=.*\bendpoint=)(?=.*\baccesskey=)/i,
      'must be a connection string with endpoint= and accesskey=',
    )
    .optional(),
  CommunicationServices__endpoint: address('the endpoint of Communication Services').optional(),
};

export const notificationShape = z.looseObject(notificationFields);
export type NotificationEnvironment = z.output<typeof notificationShape>;

/** A half configured channel would tell nobody: each check names the setting that is missing. */
export const notificationChecks = [
  needs('Notifications__Email__From', [
    'Notifications__Email__Operators',
    'Notifications__Email__PersonDomain',
  ]),
  needsOneOf(
    ['Notifications__Email__Operators', 'Notifications__Email__PersonDomain'],
    ['Notifications__Email__From'],
  ),
  needs('Notifications__Sms__From', ['Notifications__Sms__Operators', 'Notifications__Sms__After']),
  needsOneOf(['Notifications__Sms__Operators'], ['Notifications__Sms__From']),
  needsOneOf(
    ['CommunicationServices', 'CommunicationServices__endpoint'],
    ['Notifications__Email__From', 'Notifications__Sms__From'],
  ),
] as const;

function needs(missing: string, given: readonly string[]) {
  return needsOneOf([missing], given);
}

function needsOneOf(anyOf: readonly string[], given: readonly string[]) {
  return z.refine<Record<string, unknown>>(
    (settings) => {
      const has = (name: string) => settings[name] !== undefined;
      return !given.some(has) || anyOf.some(has);
    },
    {
      path: [anyOf[0] ?? ''],
      error: `is missing${anyOf.length > 1 ? `: give it or ${anyOf.slice(1).join(' or ')},` : ','} as ${given.join(' or ')} is given`,
      when: () => true,
    },
  );
}

/** @param hostName the app's own host name on Azure, for links while there is no console */
export function notificationSettings(
  env: NotificationEnvironment,
  hostName: string | undefined,
): NotificationSettings {
  const linkBase = env.Notifications__ConsoleUrl ?? (hostName ? `https://${hostName}/api` : undefined);
  const webhookUrl = env.Notifications__Teams__WebhookUrl;
  return {
    ...(webhookUrl === undefined ? {} : { teams: { webhookUrl } }),
    ...emailOf(env),
    ...smsOf(env),
    smsAfterMs: env.Notifications__Sms__After ?? duration('').parse(SMS_AFTER),
    ...communicationOf(env),
    language: env.Notifications__Language ?? 'en',
    ...(linkBase === undefined ? {} : { linkBase: linkBase.replace(/\/+$/, '') }),
  };
}

function emailOf(env: NotificationEnvironment): Pick<NotificationSettings, 'email'> {
  const from = env.Notifications__Email__From;
  const personDomain = env.Notifications__Email__PersonDomain;
  if (from === undefined) return {};
  const operators = env.Notifications__Email__Operators ?? [];
  return { email: { from, operators, ...(personDomain === undefined ? {} : { personDomain }) } };
}

function smsOf(env: NotificationEnvironment): Pick<NotificationSettings, 'sms'> {
  const from = env.Notifications__Sms__From;
  return from === undefined ? {} : { sms: { from, operators: env.Notifications__Sms__Operators ?? [] } };
}

function communicationOf(env: NotificationEnvironment): Pick<NotificationSettings, 'communication'> {
  const connectionString = env.CommunicationServices;
  const endpoint = env.CommunicationServices__endpoint;
  if (connectionString !== undefined)
    return { communication: { kind: 'connectionString', connectionString } };
  return endpoint === undefined ? {} : { communication: { kind: 'identity', address: endpoint } };
}
