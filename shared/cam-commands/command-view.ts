import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { Principal } from '../auth/index.ts';
import type { CamCommandAttemptTable, CamCommandTable } from '../data/index.ts';
import { allowedActions, commandActions } from './allowed-actions.ts';
import { applications, commandParameters, commandStatuses, fileRoles } from './contracts.ts';

const time = z.iso.datetime();
const lines = z.array(z.string());
export const failure = z.object({
  code: z.string(),
  message: z.string(),
  signature: z.string().nullable().describe('The same for failures of the same kind; see /command-failures.'),
});

export const attemptStatuses = [
  'Waiting',
  'Claimed',
  'Running',
  'Succeeded',
  'Failed',
  'Lost',
  'Cancelled',
] as const;
export type AttemptStatus = (typeof attemptStatuses)[number];

export const attemptView = z
  .object({
    attemptId: z.uuid(),
    run: z.int(),
    attempt: z.int(),
    status: z.enum(attemptStatuses),
    workstation: z.string().nullable(),
    queuedAt: time,
    claimedAt: time.nullable(),
    startedAt: time.nullable().describe("The CAM program's own start."),
    endedAt: time.nullable(),
    phase: z.string().nullable(),
    percent: z.number().nullable(),
    logTail: lines,
    error: failure.nullable(),
  })
  .meta({ id: 'CommandAttempt' });

export const commandFile = z
  .object({
    fileId: z.uuid(),
    camRev: z.int(),
    fileName: z.string(),
    role: z.enum(fileRoles),
    sizeBytes: z.int(),
    sha256: z.string(),
  })
  .meta({ id: 'CommandFile' });

/** A command by itself. */
export const commandSummary = z
  .object({
    commandId: z.uuid(),
    routingId: z.uuid(),
    itemCode: z.string(),
    revisionCode: z.string(),
    camRev: z.int(),
    application: z.enum(applications),
    commandType: z.string(),
    parameters: commandParameters,
    priority: z.int(),
    notBefore: time.nullable(),
    status: z.enum(commandStatuses),
    run: z.int(),
    attempt: z.int(),
    maxAttempts: z.int(),
    requestedAt: time,
    requestedBy: z.string(),
    requestedByKind: z.string(),
    startedAt: time.nullable(),
    completedAt: time.nullable(),
    workstation: z.string().nullable(),
    error: failure.nullable(),
    waitReason: z.string().nullable(),
    clonedFromId: z.uuid().nullable(),
    nextAttemptAt: time.nullable().describe('When the backoff of a Retrying command ends.'),
    reprocessAt: time
      .nullable()
      .describe('When MCMS may run a Failed command again by itself, once the operators have been told.'),
    automaticRuns: z.int().describe('Runs that MCMS started by itself.'),
  })
  .meta({ id: 'CommandSummary' });
export type CommandSummary = z.infer<typeof commandSummary>;

/** A command as the API shows it: with its attempts and the files it made. */
export const commandView = commandSummary
  .extend({
    attempts: z.array(attemptView),
    files: z.array(commandFile),
    allowedActions: z.array(z.enum(commandActions)).describe('What the caller may do to it now.'),
  })
  .meta({ id: 'Command' });
export type CommandView = z.infer<typeof commandView>;

export type CommandRow = Omit<Selectable<CamCommandTable>, 'seq'>;
export type AttemptRow = Omit<CamCommandAttemptTable, 'seq'>;

export function toCommandSummary(row: CommandRow, waitReason: string | null): CommandSummary {
  return {
    commandId: row.commandId,
    routingId: row.routingId,
    itemCode: row.itemCode,
    revisionCode: row.revisionCode,
    camRev: row.camRev,
    application: row.application as CommandSummary['application'],
    commandType: row.commandType,
    parameters: JSON.parse(row.parameters) as CommandSummary['parameters'],
    priority: row.priority,
    notBefore: row.notBefore,
    status: row.status as CommandSummary['status'],
    run: row.run,
    attempt: row.attempt,
    maxAttempts: row.maxAttempts,
    requestedAt: row.requestedAt,
    requestedBy: row.requestedBy,
    requestedByKind: row.requestedByKind,
    startedAt: row.startedAt,
    completedAt: row.completedAt,
    workstation: row.workstation,
    error: failureOf(row),
    waitReason,
    clonedFromId: row.clonedFromId,
    nextAttemptAt: row.nextAttemptAt,
    reprocessAt: row.reprocessAt,
    automaticRuns: row.automaticRuns,
  };
}

/** A command that nothing has happened to yet. */
export function newCommandView(row: CommandRow, viewer?: Principal): CommandView {
  return {
    ...toCommandSummary(row, null),
    attempts: [],
    files: [],
    allowedActions: allowedActions(row, viewer),
  };
}

export function toAttemptView(row: AttemptRow): CommandView['attempts'][number] {
  return {
    attemptId: row.attemptId,
    run: row.run,
    attempt: row.attempt,
    status: row.status as AttemptStatus,
    workstation: row.workstation,
    queuedAt: row.queuedAt,
    claimedAt: row.claimedAt,
    startedAt: row.startedAt,
    endedAt: row.endedAt,
    phase: row.phase,
    percent: row.percent,
    logTail: row.logTail === null ? [] : (JSON.parse(row.logTail) as string[]),
    error: failureOf(row),
  };
}

function failureOf(
  row: Pick<AttemptRow, 'errorCode' | 'errorMessage' | 'errorSignature'>,
): z.infer<typeof failure> | null {
  if (row.errorCode === null) return null;
  return { code: row.errorCode, message: row.errorMessage ?? '', signature: row.errorSignature };
}
