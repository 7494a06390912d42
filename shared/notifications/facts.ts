import { z } from 'zod';
import { incidentKinds, severities } from './contracts.ts';

const commandFacts = z.object({
  commandId: z.string(),
  run: z.number(),
  itemCode: z.string(),
  revisionCode: z.string(),
  requestedBy: z.string(),
  attempts: z.number(),
  /** When MCMS starts another run by itself. */
  reprocessAt: z.string().nullable(),
});

/** The end of a command, for the person who ordered it. */
const personFacts = z.object({
  schemaVersion: z.literal(1),
  about: z.literal('command'),
  command: commandFacts,
  application: z.string(),
  commandType: z.string(),
  outcome: z.enum(['Succeeded', 'Failed']),
  workstation: z.string().nullable(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  at: z.string(),
});

/** An incident, for those who operate the shop. */
const incidentFacts = z.object({
  schemaVersion: z.literal(1),
  about: z.literal('incident'),
  /** opened: first told. updated: it has happened more often, or has become severe. escalated: nobody has taken care of it. */
  event: z.enum(['opened', 'updated', 'escalated']),
  incidentId: z.string(),
  kind: z.enum(incidentKinds),
  severity: z.enum(severities),
  occurrences: z.number(),
  application: z.string().nullable(),
  commandType: z.string().nullable(),
  workstation: z.string().nullable(),
  queue: z.string().nullable(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  openedAt: z.string(),
  lastAt: z.string(),
  /** The command whose failure opened it. */
  command: commandFacts.nullable(),
});

/** What a notification tells, as its row keeps it; the words are made when it is sent. */
export const noticeFacts = z.discriminatedUnion('about', [personFacts, incidentFacts]);
export type NoticeFacts = z.infer<typeof noticeFacts>;
export type CommandFacts = z.infer<typeof commandFacts>;
export type PersonFacts = z.infer<typeof personFacts>;
export type IncidentFacts = z.infer<typeof incidentFacts>;
