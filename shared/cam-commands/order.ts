import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { type Database, type Queries, isUniqueViolation } from '../data/index.ts';
import { type ActorKind, type Change, recordHistory } from '../history/index.ts';
import { recordAction } from '../operator-actions/index.ts';
import { type OutboxEntry, addToOutbox } from '../outbox/index.ts';
import { findRouting } from '../routings/index.ts';
import { currentTraceparent } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { despiteTwin, findCommand, traceIdOf, utc } from './attempts.ts';
import type { CommandTypes } from './command-types.ts';
import type { CommandRow } from './command-view.ts';
import type { CommandMessage } from './contracts.ts';
import { CamCommandError } from './errors.ts';

export const COMMAND_QUEUE = 'esprit-commands';
export const DEFAULT_PRIORITY = 5;
/** Of who orders or cancels: what the tables and the queue message take. */
export const MAX_NAME_LENGTH = 200;

export interface Order {
  readonly routingId: string;
  readonly application: string;
  readonly commandType: string;
  readonly parameters?: Record<string, unknown> | undefined;
  readonly priority?: number | undefined;
  readonly notBefore?: Date | undefined;
  readonly requestedBy: string;
  /** Default: `user`. */
  readonly requestedByKind?: ActorKind | undefined;
  /** The id the command is to have, so that a repeated order finds it (`commandIdOf`); a new one when left out. */
  readonly commandId?: string | undefined;
  /** The routing's working one when left out. */
  readonly camRev?: number | undefined;
  /** The command this order repeats with changes. */
  readonly clonedFromId?: string | undefined;
  /** Why it was cloned. */
  readonly reason?: string | undefined;
}

export interface OrderDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
}

export interface Ordered {
  readonly command: CommandRow;
  /** Entries to publish now. None for a repeated order: the relay has them if the first one could not. */
  readonly outboxIds: readonly string[];
  /** The same order had been accepted before under this id. */
  readonly repeated: boolean;
}

/**
 * Accepts an order: the command, its message for the queue and its history entry in one transaction.
 * @throws {CamCommandError} `command-id-taken` when another order has its id; `routing-not-found`, `command-type-unknown`,
 * `parameters-invalid`.
 */
export async function orderCommand(deps: OrderDeps, order: Order): Promise<Ordered> {
  const parameters = checkParameters(deps.commandTypes, order);
  const now = deps.clock.now();
  const given: NewCommand = {
    ...order,
    commandId: order.commandId ?? randomUUID(),
    requestedBy: order.requestedBy.slice(0, MAX_NAME_LENGTH),
    parameters,
    requestedAt: now.toISOString(),
    kind: order.requestedByKind ?? 'user',
    notBefore: order.notBefore?.toISOString(),
  };
  return despiteTwin(() =>
    deps.database.transaction(async (trx) => {
      const known = order.commandId && (await findCommand(trx, order.commandId));
      if (known) {
        if (!isSameOrder(known, given)) throw new CamCommandError('command-id-taken');
        return { command: known, outboxIds: [], repeated: true };
      }
      const command = await insertCommand(trx, deps.commandTypes, given);
      if (command.clonedFromId !== null) await recordClone(trx, command, given);
      const outboxIds = await addToOutbox(trx, [outboxMessageOf(command)], {
        now,
        traceparent: command.traceparent ?? undefined,
      });
      return { command, outboxIds, repeated: false };
    }),
  );
}

function isSameOrder(known: CommandRow, given: NewCommand): boolean {
  return (
    known.routingId === given.routingId &&
    known.application === given.application &&
    known.commandType === given.commandType &&
    known.parameters === JSON.stringify(given.parameters) &&
    known.priority === (given.priority ?? DEFAULT_PRIORITY) &&
    known.notBefore === (given.notBefore ?? null) &&
    known.clonedFromId === (given.clonedFromId ?? null) &&
    (given.camRev === undefined || known.camRev === given.camRev) &&
    known.requestedBy === given.requestedBy
  );
}

/**
 * Records a command that a producer put on the queue itself, under the same rules as an order. The same `commandId` again is the
 * same command, whatever the rest of the message says.
 * @throws {CamCommandError} when the message asks for what does not exist: it is to be rejected, not retried.
 */
export async function recordProducedCommand(deps: OrderDeps, message: CommandMessage): Promise<CommandRow> {
  const parameters = checkParameters(deps.commandTypes, message);
  try {
    return await deps.database.transaction((trx) =>
      insertCommand(trx, deps.commandTypes, {
        ...message,
        parameters,
        kind: 'producer',
        requestedAt: utc(message.requestedAt),
      }),
    );
  } catch (error) {
    const existing = isUniqueViolation(error)
      ? await findCommand(deps.database.read, message.commandId)
      : undefined;
    if (existing) return existing;
    throw error;
  }
}

interface NewCommand {
  readonly commandId: string;
  readonly routingId: string;
  readonly application: string;
  readonly commandType: string;
  readonly camRev?: number | undefined;
  readonly parameters: Record<string, unknown>;
  readonly priority?: number | undefined;
  readonly notBefore?: string | undefined;
  readonly requestedAt: string;
  readonly requestedBy: string;
  readonly kind: ActorKind;
  readonly clonedFromId?: string | undefined;
  readonly reason?: string | undefined;
}

async function insertCommand(trx: Queries, types: CommandTypes, given: NewCommand): Promise<CommandRow> {
  const routing = await findRouting(trx, given.routingId);
  const type = types.find(given.application, given.commandType);
  if (!routing) throw new CamCommandError('routing-not-found');
  if (!type) throw new CamCommandError('command-type-unknown');
  const camRev = given.camRev ?? routing.workingCamRev;
  if (camRev > routing.workingCamRev) {
    throw new CamCommandError('routing-not-found', {
      errors: [{ path: 'camRev', message: `the routing has CAM revisions 1 to ${routing.workingCamRev}` }],
    });
  }
  const row: CommandRow = {
    commandId: given.commandId,
    routingId: routing.routingId,
    itemCode: routing.itemCode,
    revisionCode: routing.revisionCode,
    camRev,
    application: given.application,
    commandType: given.commandType,
    parameters: JSON.stringify(given.parameters),
    priority: given.priority ?? DEFAULT_PRIORITY,
    notBefore: given.notBefore === undefined ? null : utc(given.notBefore),
    status: 'Queued',
    run: 1,
    attempt: 0,
    maxAttempts: type.retry.maxAttempts,
    requestedAt: given.requestedAt,
    requestedBy: given.requestedBy,
    requestedByKind: given.kind,
    startedAt: null,
    completedAt: null,
    workstation: null,
    errorCode: null,
    errorMessage: null,
    waitReason: null,
    cancelRequestedAt: null,
    cancelRequestedBy: null,
    cancelReason: null,
    traceparent: currentTraceparent() ?? null,
    version: 1,
    clonedFromId: given.clonedFromId ?? null,
    nextAttemptAt: null,
    errorSignature: null,
    reprocessAt: null,
    automaticRuns: 0,
  };
  await trx.insertInto('CamCommand').values(row).execute();
  await recordHistory(trx, changeOf(row, given), [
    {
      ...commandSubject(row),
      changeType: 'CommandRequested',
      field: 'command',
      previousValue: row.clonedFromId === null ? null : `clone of ${row.clonedFromId}`,
      currentValue: commandLabel(row),
    },
  ]);
  return row;
}

function changeOf(row: CommandRow, given: NewCommand): Change {
  const { requestedBy: by, kind, requestedAt: at, reason: comment } = given;
  return { by, kind, at, comment, traceId: traceIdOf(row) };
}

/** The journal has the clone at the command that was cloned. */
async function recordClone(trx: Queries, clone: CommandRow, given: NewCommand): Promise<void> {
  await recordAction(trx, changeOf(clone, given), {
    action: 'CommandCloned',
    subject: `${clone.application} ${clone.commandType} ${clone.clonedFromId}`,
    commandId: clone.clonedFromId ?? undefined,
    previousValue: clone.clonedFromId,
    currentValue: clone.commandId,
  });
}

/** The item, revision, routing and CAM revision that history entries about a command name. */
export function commandSubject(command: CommandRow): {
  itemCode: string;
  revisionCode: string;
  routingId: string;
  camRev: number;
} {
  return {
    itemCode: command.itemCode,
    revisionCode: command.revisionCode,
    routingId: command.routingId,
    camRev: command.camRev,
  };
}

/** How history names a command. */
export function commandLabel(command: CommandRow): string {
  return `${command.application} ${command.commandType} ${command.commandId}`;
}

/** The message that brings a command's run to the queue; its id is the run's, so that duplicate detection keeps runs apart. */
export function outboxMessageOf(command: CommandRow): OutboxEntry {
  return {
    kind: 'message',
    queue: COMMAND_QUEUE,
    messageId: `${command.commandId}.r${command.run}`,
    body: messageOf(command),
  };
}

function messageOf(command: CommandRow): CommandMessage {
  return {
    schemaVersion: 1,
    commandId: command.commandId,
    application: command.application as CommandMessage['application'],
    commandType: command.commandType,
    routingId: command.routingId,
    camRev: command.camRev,
    parameters: JSON.parse(command.parameters) as CommandMessage['parameters'],
    priority: command.priority,
    ...(command.notBefore === null ? {} : { notBefore: command.notBefore }),
    requestedBy: command.requestedBy,
    requestedAt: command.requestedAt,
    run: command.run,
  };
}

function checkParameters(
  types: CommandTypes,
  given: { readonly application: string; readonly commandType: string; readonly parameters?: unknown },
): Record<string, unknown> {
  const type = types.find(given.application, given.commandType);
  if (!type) {
    const known = types.all().filter((candidate) => candidate.application === given.application);
    throw new CamCommandError('command-type-unknown', {
      errors: [
        { path: 'commandType', message: `must be one of ${known.map((one) => one.commandType).join(', ')}` },
      ],
    });
  }
  const parsed = type.parameters.safeParse(given.parameters ?? {});
  if (parsed.success) return parsed.data;
  throw new CamCommandError('parameters-invalid', { errors: parsed.error.issues.flatMap(fieldsOf) });
}

/** An unknown member is named itself. */
function fieldsOf(issue: z.core.$ZodIssue): { path: string; message: string }[] {
  const path = ['parameters', ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not known here' }));
  return [{ path: path.join('.'), message: issue.message }];
}
