import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { Database, Queries } from '../data/index.ts';
import { type ContentStore, outputStagingName } from '../files/index.ts';
import { readCamRevision } from '../routings/index.ts';
import type { Clock } from '../time/clock.ts';
import type { CommandTypes } from './command-types.ts';
import type { CommandRow } from './command-view.ts';
import type {
  AnnounceRequest,
  ClaimRequest,
  HeartbeatAnswer,
  HeartbeatRequest,
  Job,
  OutputsRequest,
  logRequest,
  outputsAnswer,
} from './contracts.ts';
import { CamCommandError } from './errors.ts';
import { requireCommand } from './attempts.ts';
import { type WorkItem, claimWorkItem, renewLease } from './work-queue.ts';

/** Links for inputs and outputs live this long; an agent asks for output links only when it needs them. */
const LINK_LIFETIME_MS = 30 * 60_000;
/** `lastSeenAt` is written by claims at most this often: an idle agent's polls are no load. */
const SEEN_RESOLUTION_MS = 20_000;

export interface AgentServiceDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
  readonly content: ContentStore;
}

/** The calls of workstation agents. `subject` is the identity in the caller's token; it owns the workstation it announced. */
export interface AgentService {
  /** @throws {CamCommandError} `workstation-name-taken` when another identity holds the name. */
  announce(subject: string, request: AnnounceRequest): Promise<{ readonly workstationId: string }>;
  /** The next job for these abilities, or undefined. The same `claimId` gets the same job again. */
  claim(subject: string, request: ClaimRequest): Promise<Job | undefined>;
  /** @throws {CamCommandError} `lease-lost` when the attempt is no longer this workstation's. */
  heartbeat(subject: string, attemptId: string, request: HeartbeatRequest): Promise<HeartbeatAnswer>;
  outputs(
    subject: string,
    attemptId: string,
    request: OutputsRequest,
  ): Promise<z.infer<typeof outputsAnswer>>;
  log(subject: string, attemptId: string, request: z.infer<typeof logRequest>): Promise<void>;
}

export function createAgentService(deps: AgentServiceDeps): AgentService {
  const { database, clock, content } = deps;
  return {
    announce: (subject, request) => announce(deps, subject, request),

    async claim(subject, request) {
      const now = clock.now();
      const claimed = await database.transaction(async (trx) => {
        await requireWorkstation(trx, subject, request.workstation, now);
        return claimInTransaction(deps, trx, { request, now });
      });
      return claimed && buildJob(deps, claimed);
    },

    async heartbeat(subject, attemptId, request) {
      const now = clock.now();
      return database.transaction(async (trx) => {
        const { item, command } = await requireLease(trx, { subject, attemptId, fence: request.fence });
        const type = deps.commandTypes.find(command.application, command.commandType);
        if (!type) throw new CamCommandError('lease-lost');
        const leaseUntil = new Date(now.getTime() + type.limits.leaseMs).toISOString();
        const renewed = await renewLease(
          trx,
          { attemptId, fence: request.fence, workstation: item.workstation ?? '' },
          leaseUntil,
        );
        if (!renewed) throw new CamCommandError('lease-lost');
        await noteProgress(trx, { attemptId, command, request });
        return { schemaVersion: 1, action: renewed.cancelRequested ? 'cancel' : 'continue', leaseUntil };
      });
    },

    async outputs(subject, attemptId, request) {
      await requireLease(database.read, { subject, attemptId, fence: request.fence });
      const files = [];
      for (const file of request.files) {
        const link = await content.uploadUrl(outputStagingName(attemptId, file.sha256), LINK_LIFETIME_MS);
        files.push({ fileName: file.fileName, uploadUrl: link.url, expiresAt: link.expiresAt.toISOString() });
      }
      return { schemaVersion: 1, files };
    },

    async log(subject, attemptId, request) {
      const attempt = await database.read
        .selectFrom('CamCommandAttempt')
        .innerJoin('Workstation', 'Workstation.name', 'CamCommandAttempt.workstation')
        .select('CamCommandAttempt.attemptId')
        .where('CamCommandAttempt.attemptId', '=', attemptId)
        .where('CamCommandAttempt.fence', '=', request.fence)
        .where('Workstation.subject', '=', subject)
        .executeTakeFirst();
      if (!attempt) throw new CamCommandError('attempt-not-found');
      await database.transaction((trx) =>
        trx
          .updateTable('CamCommandAttempt')
          .set({ logTail: JSON.stringify(request.logTail) })
          .where('attemptId', '=', attemptId)
          .execute(),
      );
    },
  };
}

async function announce(
  { database, clock }: AgentServiceDeps,
  subject: string,
  request: AnnounceRequest,
): Promise<{ readonly workstationId: string }> {
  const now = clock.now().toISOString();
  const facts = {
    bootId: request.bootId,
    agentVersion: request.agentVersion,
    applications: JSON.stringify(request.applications),
    seats: request.seats,
    announcedAt: now,
    lastSeenAt: now,
  };
  return database.transaction(async (trx) => {
    const known = await trx
      .selectFrom('Workstation')
      .select(['workstationId', 'subject'])
      .where('name', '=', request.workstation)
      .executeTakeFirst();
    if (known && known.subject !== subject) throw new CamCommandError('workstation-name-taken');
    if (known) {
      await trx
        .updateTable('Workstation')
        .set(facts)
        .where('workstationId', '=', known.workstationId)
        .execute();
      return { workstationId: known.workstationId };
    }
    const workstationId = randomUUID();
    await trx
      .insertInto('Workstation')
      .values({ workstationId, name: request.workstation, subject, ...facts })
      .execute();
    return { workstationId };
  });
}

async function requireWorkstation(trx: Queries, subject: string, name: string, now: Date): Promise<void> {
  const row = await trx
    .selectFrom('Workstation')
    .select(['workstationId', 'lastSeenAt'])
    .where('name', '=', name)
    .where('subject', '=', subject)
    .executeTakeFirst();
  if (!row) throw new CamCommandError('workstation-not-announced');
  if (now.getTime() - Date.parse(row.lastSeenAt) < SEEN_RESOLUTION_MS) return;
  await trx
    .updateTable('Workstation')
    .set({ lastSeenAt: now.toISOString() })
    .where('workstationId', '=', row.workstationId)
    .execute();
}

interface Claimed {
  readonly item: WorkItem;
  readonly command: CommandRow;
}

async function claimInTransaction(
  deps: AgentServiceDeps,
  trx: Queries,
  { request, now }: { request: ClaimRequest; now: Date },
): Promise<Claimed | undefined> {
  const { workstation } = request;
  const claimed = await claimWorkItem(trx, deps.database.dialect, {
    claimId: request.claimId,
    workstation,
    applications: request.applications,
    now: now.toISOString(),
    leaseUntil: new Date(now.getTime() + shortestLeaseMs(deps.commandTypes)).toISOString(),
  });
  if (!claimed) return undefined;
  const command = await requireCommand(trx, claimed.item.commandId);
  if (!claimed.repeated) {
    await trx
      .updateTable('CamCommandAttempt')
      .set({ status: 'Claimed', workstation, claimedAt: now.toISOString() })
      .where('attemptId', '=', claimed.item.attemptId)
      .execute();
    await trx
      .updateTable('CamCommand')
      .set((eb) => ({ status: 'Dispatched', workstation, waitReason: null, version: eb('version', '+', 1) }))
      .where('commandId', '=', command.commandId)
      .where('status', '!=', 'Cancelling')
      .execute();
  }
  return { item: claimed.item, command };
}

/** The claim statement does not know the type it will find; the first heartbeat sets the type's own lease. */
function shortestLeaseMs(types: CommandTypes): number {
  return Math.min(...types.all().map((type) => type.limits.leaseMs));
}

async function buildJob(deps: AgentServiceDeps, { item, command }: Claimed): Promise<Job> {
  const type = deps.commandTypes.find(command.application, command.commandType);
  const revision = await readCamRevision(deps.database.read, command.routingId, command.camRev);
  const routing = await deps.database.read
    .selectFrom('Routing')
    .select('routingCode')
    .where('routingId', '=', command.routingId)
    .executeTakeFirst();
  if (!type || !revision || !routing) throw new CamCommandError('command-not-found');
  const inputs = revision.files.filter((file) => file.commandId === null);
  return {
    schemaVersion: 1,
    commandId: command.commandId,
    run: item.run,
    attempt: item.attempt,
    attemptId: item.attemptId,
    fence: item.fence,
    application: type.application,
    commandType: command.commandType,
    parameters: JSON.parse(command.parameters) as Job['parameters'],
    requestedBy: command.requestedBy,
    leaseUntil: item.leaseUntil ?? '',
    heartbeatIntervalMs: type.limits.heartbeatMs,
    attemptTimeoutMs: type.limits.attemptMs,
    routing: {
      routingId: command.routingId,
      itemCode: command.itemCode,
      revisionCode: command.revisionCode,
      routingCode: routing.routingCode,
      name: revision.name,
      machine: revision.machine,
      camRev: command.camRev,
      steps: revision.steps.map(({ sequence, machine, processDescription, toolInformation, notes }) => ({
        sequence,
        machine,
        processDescription,
        toolInformation,
        notes,
      })),
    },
    inputs: await Promise.all(
      inputs.map(async ({ fileId, fileName, role, sizeBytes, sha256, contentType }) => ({
        fileId,
        fileName,
        role: role as Job['inputs'][number]['role'],
        sizeBytes,
        sha256,
        url: (await deps.content.readUrl(sha256, { fileName, contentType }, LINK_LIFETIME_MS)).url,
      })),
    ),
    ...(command.traceparent === null ? {} : { traceparent: command.traceparent }),
  };
}

async function requireLease(
  queries: Queries,
  given: { readonly subject: string; readonly attemptId: string; readonly fence: number },
): Promise<Claimed> {
  const item = await queries
    .selectFrom('CamWorkItem')
    .innerJoin('Workstation', 'Workstation.name', 'CamWorkItem.workstation')
    .selectAll('CamWorkItem')
    .where('CamWorkItem.attemptId', '=', given.attemptId)
    .where('CamWorkItem.fence', '=', given.fence)
    .where('CamWorkItem.state', '=', 'Claimed')
    .where('Workstation.subject', '=', given.subject)
    .executeTakeFirst();
  if (!item) throw new CamCommandError('lease-lost');
  return { item, command: await requireCommand(queries, item.commandId) };
}

async function noteProgress(
  trx: Queries,
  { attemptId, command, request }: { attemptId: string; command: CommandRow; request: HeartbeatRequest },
): Promise<void> {
  const running = request.startedAt !== null;
  const startedAt = request.startedAt === null ? null : new Date(request.startedAt).toISOString();
  await trx
    .updateTable('CamCommandAttempt')
    .set({
      phase: request.phase,
      percent: request.percent,
      logTail: JSON.stringify(request.logTail),
      ...(running ? { status: 'Running', startedAt } : {}),
    })
    .where('attemptId', '=', attemptId)
    .execute();
  if (!running || command.status === 'Running') return;
  await trx
    .updateTable('CamCommand')
    .set((eb) => ({
      status: command.status === 'Cancelling' ? 'Cancelling' : 'Running',
      startedAt: command.startedAt ?? startedAt,
      version: eb('version', '+', 1),
    }))
    .where('commandId', '=', command.commandId)
    .execute();
}
