import { z } from 'zod';
import { timestamp } from '../http/fields.ts';

export const actorKinds = ['user', 'workstation', 'service', 'producer'] as const;
export type ActorKind = (typeof actorKinds)[number];

/** What happened. `field` names what changed for the `…Changed` types; `camRev` says in which CAM revision. */
export const changeTypes = [
  'ItemCreated',
  'ItemChanged',
  'RevisionCreated',
  'RoutingCreated',
  'RoutingChanged',
  'StepAdded',
  'StepChanged',
  'StepRemoved',
  'CamRevisionStarted',
  'StatusChanged',
  'FileAdded',
  'FileReplaced',
  'FileRemoved',
  'CommandRequested',
  'CommandRetrying',
  'CommandRetryRequested',
  'CommandSucceeded',
  'CommandFailed',
  'CommandCancelRequested',
  'CommandCancelled',
] as const;
export type ChangeType = (typeof changeTypes)[number];

/** One history entry as `GET /api/history` shows it. Times are UTC. */
export const historyEntry = z.object({
  historyId: z.uuid(),
  itemCode: z.string(),
  revisionCode: z.string().nullable(),
  routingId: z.uuid().nullable(),
  camRev: z.int().nullable(),
  changeType: z.enum(changeTypes),
  field: z.string().nullable(),
  previousValue: z.string().nullable(),
  currentValue: z.string().nullable(),
  changedAt: timestamp(),
  changedBy: z.string(),
  actorKind: z.enum(actorKinds),
  comment: z.string().nullable(),
  traceId: z.string().nullable(),
});
export type HistoryEntry = z.infer<typeof historyEntry>;

/** What happened in one CAM revision, as `GET /api/history/cam-revisions` shows it. */
export const camRevisionSummary = z.object({
  itemCode: z.string(),
  revisionCode: z.string().nullable(),
  routingId: z.uuid(),
  camRev: z.int().min(1),
  entries: z.int().min(1),
  firstChangedAt: timestamp(),
  lastChangedAt: timestamp(),
  /** Everybody who changed something in it, in order of their first change. */
  changedBy: z.array(z.string()),
});
export type CamRevisionSummary = z.infer<typeof camRevisionSummary>;
