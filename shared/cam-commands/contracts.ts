import { z } from 'zod';
import { contentType, fileName, fileRoles, sha256 } from '../files/contracts.ts';

export { fileName, fileRoles } from '../files/contracts.ts';

/**
 * Shapes that leave the process: queue messages and the agent's HTTP API. Imported by the functions and by the CmdHost agent, so
 * it imports nothing but zod and other contracts. Readers accept `schemaVersion` N and N-1 (today: 1).
 */

export const applications = ['esprit', 'solidworks'] as const;
export type Application = (typeof applications)[number];

export const commandStatuses = [
  'Queued',
  'Dispatched',
  'Running',
  'Retrying',
  'Cancelling',
  'Succeeded',
  'Failed',
  'Cancelled',
] as const;
export type CommandStatus = (typeof commandStatuses)[number];

const schemaVersion = z.literal(1);
const uuid = z.uuid().toLowerCase();
const time = z.iso.datetime({ offset: true });
const line = (max: number) => z.string().min(1).max(max);

/** Parameters as they travel; each command type narrows them (see `command-types.ts`). */
export const commandParameters = z.record(z.string().max(100), z.json());

/** Body on `esprit-commands`. `requestedBy` of an outside producer is a claim, recorded as such. */
export const commandMessage = z.strictObject({
  schemaVersion,
  commandId: uuid,
  application: z.enum(applications),
  commandType: line(64),
  routingId: uuid,
  camRev: z.int().min(1).optional(),
  parameters: commandParameters.optional(),
  priority: z.int().min(0).max(9).optional(),
  notBefore: time.optional(),
  requestedBy: line(200),
  requestedAt: time,
  /** 1 for the first run; an operator's retry of a finished command counts up. */
  run: z.int().min(1).optional(),
});
export type CommandMessage = z.infer<typeof commandMessage>;

/** Body on `esprit-dispatch`: a bell. It says that there is work, never what the work is. */
export const dispatchMessage = z.object({
  schemaVersion,
  workItemId: uuid,
  application: z.enum(applications),
});
export type DispatchMessage = z.infer<typeof dispatchMessage>;

export const commandError = z.object({
  code: z.string().regex(/^[A-Z][A-Z0-9_]{1,63}$/, 'must be an upper-case code'),
  message: z.string().max(2000),
  retryable: z.boolean(),
});
export type CommandError = z.infer<typeof commandError>;

/** One file made by a run. Its bytes wait in the attempt's staging folder until the result is taken in. */
export const outputFile = z.object({
  fileName,
  role: z.enum(fileRoles),
  contentType,
  sizeBytes: z.int().min(0),
  sha256,
});
export type OutputFile = z.infer<typeof outputFile>;

/** Body on `esprit-results`. `lost`: the agent found after its own crash that it had started this attempt. */
export const resultMessage = z.object({
  schemaVersion,
  commandId: uuid,
  run: z.int().min(1),
  attempt: z.int().min(1),
  attemptId: uuid,
  fence: z.int().min(1),
  kind: z.enum(['succeeded', 'failed', 'lost', 'cancelled']),
  startedAt: time.nullable(),
  endedAt: time,
  workstation: line(100),
  outputs: z.array(outputFile).max(50).optional(),
  error: commandError.optional(),
  logTail: z.array(z.string().max(500)).max(50).optional(),
});
export type ResultMessage = z.infer<typeof resultMessage>;

// ---- the agent's HTTP API (role Mcms.CmdHost) -------------------------------------------------------------------------

/** What a workstation offers for one application. A list that is left out means: any. */
export const ability = z.strictObject({
  application: z.enum(applications),
  /** Dotted numbers, for example `2024.1`; unknown when left out: good for types that ask for no version. */
  version: z
    .string()
    .regex(/^\d+(\.\d+)*$/, 'must be a version such as 2024 or 2024.1')
    .max(40)
    .optional(),
  postProcessors: z.array(line(100)).max(200).optional(),
  /** Machines by name, as routings name them; `DMG-*` is all whose name begins so. */
  machines: z.array(line(100)).max(200).optional(),
});
export type Ability = z.infer<typeof ability>;

/** `connected`: somebody is logged on and CAM programs can be started; `absent`: they cannot, and nothing is claimed. */
export const runnerStates = ['connected', 'absent'] as const;

/** POST /api/agent/announce -> 200 `announceAnswer`. Repeated whenever the agent (re)starts or what it tells has changed. */
export const announceRequest = z.strictObject({
  schemaVersion,
  workstation: line(100),
  /** New for every start of the agent process. */
  bootId: uuid,
  agentVersion: line(40),
  applications: z.array(z.enum(applications)).min(1).max(applications.length),
  seats: z.int().min(1).max(64),
  /** One an application; an agent of version 0.1 sends none and takes anything of its applications. */
  abilities: z.array(ability).min(1).max(applications.length).optional(),
  /** Operating system and its version. */
  platform: line(100).optional(),
  runner: z.enum(runnerStates).optional(),
  /** When the certificate that the agent signs in with ends. */
  certificateExpiresAt: time.optional(),
});
export type AnnounceRequest = z.infer<typeof announceRequest>;
export const announceAnswer = z.object({ schemaVersion, workstationId: uuid });

/**
 * POST /api/agent/claim -> 200 `job`, or 204 when nothing waits for these abilities. The same `claimId` again gets the same job,
 * so an answer that was lost on the way costs nothing.
 */
export const claimRequest = z.strictObject({
  schemaVersion,
  workstation: line(100),
  claimId: uuid,
  applications: z.array(z.enum(applications)).min(1).max(applications.length),
});
export type ClaimRequest = z.infer<typeof claimRequest>;

export const jobInput = z.object({
  fileId: uuid,
  fileName,
  role: z.enum(fileRoles),
  sizeBytes: z.int().min(0),
  sha256,
  /** Read-only SAS for this one blob, minutes long. Never logged. */
  url: z.url(),
});

export const jobStep = z.object({
  sequence: z.int().min(1),
  machine: z.string(),
  processDescription: z.string(),
  toolInformation: z.string().nullable(),
  notes: z.string().nullable(),
});

/** What an agent needs to run one attempt. */
export const job = z.object({
  schemaVersion,
  commandId: uuid,
  run: z.int().min(1),
  attempt: z.int().min(1),
  attemptId: uuid,
  fence: z.int().min(1),
  application: z.enum(applications),
  commandType: line(64),
  parameters: commandParameters,
  requestedBy: z.string(),
  leaseUntil: time,
  heartbeatIntervalMs: z.int().min(100),
  /** The agent ends the run after this long and reports TIMED_OUT. */
  attemptTimeoutMs: z.int().min(1),
  routing: z.object({
    routingId: uuid,
    itemCode: z.string(),
    revisionCode: z.string(),
    routingCode: z.string(),
    name: z.string(),
    machine: z.string(),
    camRev: z.int().min(1),
    steps: z.array(jobStep),
  }),
  inputs: z.array(jobInput),
  /** W3C trace context of the command. */
  traceparent: z.string().optional(),
});
export type Job = z.infer<typeof job>;

/** POST /api/agent/attempts/{attemptId}/heartbeat -> 200 `heartbeatAnswer`; 409 `lease-lost` when the attempt is no longer this agent's. */
export const heartbeatRequest = z.strictObject({
  schemaVersion,
  fence: z.int().min(1),
  /** When the CAM program itself was started; null while inputs are still being fetched. */
  startedAt: time.nullable(),
  phase: line(100),
  percent: z.number().min(0).max(100).nullable(),
  logTail: z.array(z.string().max(500)).max(50),
});
export type HeartbeatRequest = z.infer<typeof heartbeatRequest>;
export const heartbeatAnswer = z.object({
  schemaVersion,
  action: z.enum(['continue', 'cancel', 'drain']),
  leaseUntil: time,
});
export type HeartbeatAnswer = z.infer<typeof heartbeatAnswer>;

/** POST /api/agent/attempts/{attemptId}/outputs -> 200 `outputsAnswer`: one write SAS per file, in the order asked for. */
export const outputsRequest = z.strictObject({
  schemaVersion,
  fence: z.int().min(1),
  files: z.array(outputFile).min(1).max(50),
});
export type OutputsRequest = z.infer<typeof outputsRequest>;
export const outputsAnswer = z.object({
  schemaVersion,
  files: z.array(z.object({ fileName, uploadUrl: z.url(), expiresAt: time })),
});

/** POST /api/agent/attempts/{attemptId}/log -> 204. The last lines of a run that ended; renews no lease. */
export const logRequest = z.strictObject({
  schemaVersion,
  fence: z.int().min(1),
  logTail: z.array(z.string().max(500)).max(50),
});
