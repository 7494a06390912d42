import { z } from 'zod';
import { timestamp } from '../http/fields.ts';
import { attemptStatuses, commandFile, failure } from './command-view.ts';
import { commandStatuses } from './contracts.ts';

/** What an entry tells of. Those of an attempt have `attempt`; the others are about the command or its run. */
export const timelineKinds = [
  'ordered',
  'waiting',
  'attempt-queued',
  'attempt-claimed',
  'attempt-started',
  'attempt-phase',
  'attempt-ended',
  'action',
  'run-ended',
] as const;

export const timelineEntry = z
  .object({
    at: timestamp(),
    kind: z.enum(timelineKinds),
    run: z.int(),
    attempt: z.int().optional(),
    workstation: z.string().nullable().optional(),
    by: z.string().optional(),
    byKind: z.string().optional(),
    action: z.string().optional().describe('Of an action: what was done.'),
    reason: z.string().nullable().optional(),
    previousValue: z.string().nullable().optional(),
    currentValue: z.string().nullable().optional(),
    clonedFromId: z.uuid().nullable().optional(),
    waitsFor: z.enum(['not-before', 'backoff', 'workstation']).optional(),
    until: timestamp()
      .nullable()
      .optional()
      .describe('Of a wait: its end, or when it is to end; null when open.'),
    durationMs: z.int().min(0).optional().describe('Of a wait, an attempt or a run that is over.'),
    status: z.enum([...attemptStatuses, ...commandStatuses]).optional(),
    phase: z.string().nullable().optional(),
    percent: z.number().nullable().optional(),
    error: failure.nullable().optional(),
    logTail: z.array(z.string()).optional(),
    files: z.array(commandFile).optional(),
  })
  .meta({ id: 'TimelineEntry' });
export type TimelineEntry = z.infer<typeof timelineEntry>;

export const commandTimeline = z
  .object({
    commandId: z.uuid(),
    status: z.enum(commandStatuses),
    asOf: timestamp(),
    entries: z.array(timelineEntry).describe('In the order in which they happened.'),
  })
  .meta({ id: 'CommandTimeline' });
export type CommandTimeline = z.infer<typeof commandTimeline>;
