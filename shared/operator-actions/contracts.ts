import { z } from 'zod';
import { timestamp } from '../http/fields.ts';
import { actorKinds } from '../history/contracts.ts';

/** What was done. Past tense: an entry is written in the transaction that did it. */
export const operatorActions = [
  'CommandCancelRequested',
  'CommandRetried',
  'CommandRetriedNow',
  'CommandCloned',
  'CommandReprocessed',
  'PauseStarted',
  'PauseEnded',
  'BulkActionPrepared',
  'BulkActionStarted',
  'BulkActionStopped',
  'MessageResubmitted',
  'MessageDiscarded',
  'IncidentAcknowledged',
  'IncidentSolved',
] as const;
export type OperatorActionName = (typeof operatorActions)[number];

/** One entry as the API shows it. */
export const operatorAction = z
  .object({
    actionId: z.uuid(),
    action: z.enum(operatorActions),
    /** What it was done to, in words: a command's id, `esprit-commands 42`, `workstation WS-01`. */
    subject: z.string(),
    commandId: z.uuid().nullable(),
    run: z.int().nullable(),
    reason: z.string().nullable(),
    previousValue: z.string().nullable(),
    currentValue: z.string().nullable(),
    actedAt: timestamp(),
    actedBy: z.string(),
    actorKind: z.enum(actorKinds),
    traceId: z.string().nullable(),
  })
  .meta({ id: 'OperatorAction' });
export type OperatorAction = z.infer<typeof operatorAction>;
