import { z } from 'zod';
import { text, timestamp } from '../http/fields.ts';
import { identifyingCode, itemCode, optionalText, revisionCode } from '../items/codes.ts';

export const routingStatuses = [
  'Draft',
  'PendingApproval',
  'Approved',
  'Released',
  'Superseded',
  'Withdrawn',
] as const;
export type RoutingStatus = (typeof routingStatuses)[number];

/** What a caller may do with a routing now; grows with the life cycle. */
export const routingActions = ['change', 'add-file', 'order-command'] as const;
export type RoutingAction = (typeof routingActions)[number];

const MAX_STEPS = 200;

const stepRequest = z.strictObject({
  sequence: z.int().min(1).max(9999),
  machine: text(100),
  processDescription: text(1000, { multiline: true }),
  toolInformation: optionalText(500),
  notes: optionalText(2000),
});

/** The whole list of steps, in any order; each `sequence` once. */
const stepsRequest = z
  .array(stepRequest)
  .max(MAX_STEPS, `must be at most ${MAX_STEPS} steps`)
  .check((ctx) => {
    const seen = new Set<number>();
    for (const [index, { sequence }] of ctx.value.entries()) {
      if (seen.has(sequence)) {
        const path = [index, 'sequence'];
        ctx.issues.push({ code: 'custom', path, message: 'is given twice', input: sequence });
      }
      seen.add(sequence);
    }
  });

export const createRoutingRequest = z.strictObject({
  itemCode,
  revisionCode,
  routingCode: identifyingCode(64),
  name: text(200),
  machine: text(100),
  steps: stepsRequest.default([]),
});
export type CreateRoutingRequest = z.infer<typeof createRoutingRequest>;

/** What is left out stays as it is; `steps` replaces the whole list. */
export const changeRoutingRequest = z.strictObject({
  name: text(200).optional(),
  machine: text(100).optional(),
  owner: text(200).optional(),
  steps: stepsRequest.optional(),
  comment: text(1000, { multiline: true }).optional(),
});
export type ChangeRoutingRequest = z.infer<typeof changeRoutingRequest>;

export const routingStep = z
  .object({
    sequence: z.int().min(1),
    machine: z.string(),
    processDescription: z.string(),
    toolInformation: z.string().nullable(),
    notes: z.string().nullable(),
  })
  .meta({ id: 'RoutingStep' });
export type RoutingStep = z.infer<typeof routingStep>;

export const routingFile = z
  .object({
    fileId: z.uuid(),
    routingId: z.uuid(),
    camRev: z.int().min(1),
    fileName: z.string(),
    role: z.string(),
    contentType: z.string(),
    sizeBytes: z.int().min(0),
    sha256: z.string(),
    /** Nothing else is visible on a routing. */
    status: z.literal('Available'),
    uploadedAt: timestamp(),
    uploadedBy: z.string(),
    /** The command that made it, if one did. */
    commandId: z.uuid().nullable(),
  })
  .meta({ id: 'RoutingFile' });
export type RoutingFile = z.infer<typeof routingFile>;

export const lastCommand = z
  .object({
    commandId: z.uuid(),
    camRev: z.int().min(1),
    application: z.string(),
    commandType: z.string(),
    status: z.string(),
    attempt: z.int(),
    maxAttempts: z.int(),
    requestedAt: timestamp(),
    requestedBy: z.string(),
    startedAt: timestamp().nullable(),
    completedAt: timestamp().nullable(),
    workstation: z.string().nullable(),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .meta({ id: 'LastCommand' });
export type LastCommand = z.infer<typeof lastCommand>;

/** A row of the list. `camRev` and `status` are those of the working CAM revision. */
export const routing = z
  .object({
    routingId: z.uuid(),
    itemCode: z.string(),
    revisionCode: z.string(),
    routingCode: z.string(),
    name: z.string(),
    machine: z.string(),
    owner: z.string(),
    status: z.enum(routingStatuses),
    camRev: z.int().min(1),
    releasedCamRev: z.int().min(1).nullable(),
    isMain: z.boolean(),
    changedAt: timestamp(),
    changedBy: z.string(),
    version: z.int().min(1),
  })
  .meta({ id: 'Routing' });
export type Routing = z.infer<typeof routing>;

export const routingDetail = z
  .object({
    ...routing.shape,
    steps: z.array(routingStep),
    files: z.array(routingFile),
    allowedActions: z.array(z.enum(routingActions)),
    lastCommand: lastCommand.nullable(),
  })
  .meta({ id: 'RoutingDetail' });
export type RoutingDetail = z.infer<typeof routingDetail>;

/** A numbered version of a routing; what has not happened to it is null. */
export const camRevision = z
  .object({
    routingId: z.uuid(),
    itemCode: z.string(),
    revisionCode: z.string(),
    routingCode: z.string(),
    camRev: z.int().min(1),
    name: z.string(),
    machine: z.string(),
    status: z.enum(routingStatuses),
    createdAt: timestamp(),
    createdBy: z.string(),
    submittedAt: timestamp().nullable(),
    submittedBy: z.string().nullable(),
    approvedAt: timestamp().nullable(),
    approvedBy: z.string().nullable(),
    releasedAt: timestamp().nullable(),
    releasedBy: z.string().nullable(),
  })
  .meta({ id: 'CamRevision' });
export type CamRevision = z.infer<typeof camRevision>;

export const camRevisionDetail = z
  .object({ ...camRevision.shape, steps: z.array(routingStep), files: z.array(routingFile) })
  .meta({ id: 'CamRevisionDetail' });
export type CamRevisionDetail = z.infer<typeof camRevisionDetail>;
