import { z } from 'zod';
import { timestamp } from '../http/fields.ts';

export const incidentKinds = [
  'command-failure',
  'workstation-lost',
  'queue-wait',
  'dead-letters',
  'certificate-expiring',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

/** Open: nobody looks after it. Acknowledged: its owner does. Solved: over; what comes again is a new incident. */
export const incidentStates = ['Open', 'Acknowledged', 'Solved'] as const;
export type IncidentState = (typeof incidentStates)[number];

export const severities = ['medium', 'high'] as const;
export type Severity = (typeof severities)[number];

export const channels = ['teams', 'email', 'sms'] as const;
export type ChannelName = (typeof channels)[number];

/** Pending: due at its time. Sending: a host has it. GivenUp: not taken by its channel for a day. */
export const notificationStates = ['Pending', 'Sending', 'Sent', 'GivenUp'] as const;

/** An incident as the API shows it. */
export const incident = z
  .object({
    incidentId: z.uuid(),
    /** What keeps incidents apart: the same cause joins the open incident. */
    cause: z.string(),
    kind: z.enum(incidentKinds),
    state: z.enum(incidentStates),
    severity: z.enum(severities),
    application: z.string().nullable(),
    commandType: z.string().nullable(),
    workstation: z.string().nullable(),
    queue: z.string().nullable(),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
    /** How often it happened while open: failed runs, or messages that came into the queue. A certificate has 2 once it is urgent. */
    occurrences: z.int(),
    openedAt: timestamp(),
    lastAt: timestamp(),
    /** When a channel last took a message about it; null: nobody has been told yet. */
    toldAt: timestamp().nullable(),
    escalatedAt: timestamp().nullable(),
    owner: z.string().nullable(),
    acknowledgedAt: timestamp().nullable(),
    acknowledgedBy: z.string().nullable(),
    solvedAt: timestamp().nullable(),
    solvedBy: z.string().nullable(),
    solution: z.string().nullable(),
    /** What to do first, in the language of the notifications. */
    firstAction: z.string(),
    version: z.int(),
  })
  .meta({ id: 'Incident' });
export type IncidentView = z.infer<typeof incident>;

export const incidentDetails = incident
  .extend({
    /** The newest 100 failed runs. */
    commands: z.array(z.object({ commandId: z.uuid(), run: z.int(), failedAt: timestamp() })),
    /** The newest 100. Without recipients: addresses and numbers of people are nobody else's. */
    notifications: z.array(
      z.object({
        notificationId: z.uuid(),
        kind: z.string(),
        channel: z.enum(channels),
        state: z.enum(notificationStates),
        attempts: z.int(),
        createdAt: timestamp(),
        sentAt: timestamp().nullable(),
        lastError: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'IncidentDetails' });
export type IncidentDetails = z.infer<typeof incidentDetails>;
