import type { z } from 'zod';
import type { Database, Queries } from '../data/index.ts';
import { type ContentStore, outputStagingName } from '../files/index.ts';
import type { Clock } from '../time/clock.ts';
import { FINAL_STATUSES, requireCommand, utc } from './attempts.ts';
import type { CommandType, CommandTypes } from './command-types.ts';
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
import type { Offer } from './eligibility.ts';
import { CamCommandError } from './errors.ts';
import { type WantedClaim, claimNext } from './claim.ts';
import { type Claimed, LINK_LIFETIME_MS, buildJob } from './job.ts';
import type { LicencePools } from './licence-pools.ts';
import { coversWorkstation } from './pause-rules.ts';
import { pausesInForce } from './pauses.ts';
import { type WorkItem, removeWorkItem, workQueueOf } from './work-queue.ts';
import { announce, noteSeen, requireWorkstation } from './workstations.ts';

/** Granted on top of the run's own limit for fetching inputs and sending outputs; an attempt that takes longer loses its lease. */
const TRANSFER_ALLOWANCE_MS = 60 * 60_000;

export interface AgentServiceDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
  readonly content: ContentStore;
  /** Default: no pool has a limit. */
  readonly licencePools?: LicencePools | undefined;
}

/** The calls of workstation agents. `subject` is the identity in the caller's token; it owns the workstation it announced. */
export interface AgentService {
  /** @throws {CamCommandError} `workstation-name-taken` when another identity holds the name. */
  announce(subject: string, request: AnnounceRequest): Promise<{ readonly workstationId: string }>;
  /** The next job for what the workstation offers, or undefined. The same `claimId` gets the same job again. */
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
  const { database, clock } = deps;
  return {
    announce: (subject, request) => announce(deps, subject, request),

    async claim(subject, request) {
      const now = clock.now();
      const claimed = await database.transaction(async (trx) => {
        const offer = await requireWorkstation(trx, { subject, name: request.workstation, now });
        const applications = narrowed(offer, request.applications);
        return claimInTransaction(deps, trx, {
          claimId: request.claimId,
          offer: { ...offer, applications },
          now,
        });
      });
      return claimed && buildJob(deps, claimed);
    },

    heartbeat: (subject, attemptId, request) =>
      database.transaction((trx) => heartbeat(deps, trx, { subject, attemptId, request })),

    async outputs(subject, attemptId, request) {
      await requireLease(database.read, { subject, attemptId, fence: request.fence });
      const files = [];
      for (const file of request.files) {
        const link = await deps.content.uploadUrl(
          outputStagingName(attemptId, file.sha256),
          LINK_LIFETIME_MS,
        );
        files.push({ fileName: file.fileName, uploadUrl: link.url, expiresAt: link.expiresAt.toISOString() });
      }
      return { schemaVersion: 1, files };
    },

    async log(subject, attemptId, request) {
      const noted = await database.transaction((trx) => noteLog(trx, { subject, attemptId, request }));
      if (!noted) throw new CamCommandError('attempt-not-found');
    },
  };
}

/** What a claim asks for among what was announced. Agents of version 0.1 are taken at their word. */
function narrowed({ applications, abilities }: Offer, asked: readonly string[]): readonly string[] {
  return abilities === null ? asked : asked.filter((application) => applications.includes(application));
}

async function claimInTransaction(
  deps: AgentServiceDeps,
  trx: Queries,
  wanted: WantedClaim,
): Promise<Claimed | undefined> {
  for (;;) {
    const claimed = await claimNext(deps, trx, wanted);
    if (!claimed) return undefined;
    const { item } = claimed;
    if (claimed.repeated) return { item, command: await requireCommand(trx, item.commandId) };
    const command = await dispatch(trx, item, wanted);
    if (command) return { item: await startLease(deps, trx, { item, command, now: wanted.now }), command };
    // Each turn removes one: it ends with the queue.
    await removeWorkItem(trx, item.attemptId);
  }
}

/** Undefined for an item left behind by a run that has ended: nobody is to work on it. A command to be cancelled stays Cancelling. */
async function dispatch(
  trx: Queries,
  { attemptId, commandId, run }: WorkItem,
  { offer, now }: WantedClaim,
): Promise<CommandRow | undefined> {
  const workstation = offer.name;
  const { numUpdatedRows } = await trx
    .updateTable('CamCommand')
    .set((eb) => ({ status: 'Dispatched', workstation, waitReason: null, version: eb('version', '+', 1) }))
    .where('commandId', '=', commandId)
    .where('run', '=', run)
    .where('status', 'not in', [...FINAL_STATUSES, 'Cancelling'])
    .executeTakeFirst();
  const command = await requireCommand(trx, commandId);
  if (numUpdatedRows === 0n && (command.run !== run || command.status !== 'Cancelling')) return undefined;
  await trx
    .updateTable('CamCommandAttempt')
    .set({ status: 'Claimed', workstation, claimedAt: now.toISOString() })
    .where('attemptId', '=', attemptId)
    .execute();
  return command;
}

function leaseFrom(now: Date, leaseMs: number): string {
  return new Date(now.getTime() + leaseMs).toISOString();
}

/** For an item of version 0.1: only its command tells its type, and with it the lease. */
async function startLease(
  { commandTypes }: AgentServiceDeps,
  trx: Queries,
  { item, command, now }: Claimed & { readonly now: Date },
): Promise<WorkItem> {
  const type = commandTypes.find(command.application, command.commandType);
  const leaseUntil = type ? leaseFrom(now, type.limits.leaseMs) : item.leaseUntil;
  if (item.leaseUntil === leaseUntil) return item;
  await trx.updateTable('CamWorkItem').set({ leaseUntil }).where('seq', '=', item.seq).execute();
  return { ...item, leaseUntil };
}

async function heartbeat(
  deps: AgentServiceDeps,
  trx: Queries,
  given: { readonly subject: string; readonly attemptId: string; readonly request: HeartbeatRequest },
): Promise<HeartbeatAnswer> {
  const { attemptId, request } = given;
  const now = deps.clock.now();
  const { command, workstation } = await requireLease(trx, { ...given, fence: request.fence });
  const type = deps.commandTypes.find(command.application, command.commandType);
  if (!type || (await isOverdue(trx, { attemptId, type, now }))) throw new CamCommandError('lease-lost');
  const leaseUntil = leaseFrom(now, type.limits.leaseMs);
  const renewed = await workQueueOf(deps.database).heartbeat(
    trx,
    { attemptId, fence: request.fence, workstation: workstation.name },
    leaseUntil,
  );
  if (!renewed) throw new CamCommandError('lease-lost');
  await noteProgress(trx, { attemptId, command, request });
  await noteSeen(trx, workstation, now);
  const action = renewed.cancelRequested
    ? 'cancel'
    : (await isPaused(trx, workstation.name, now))
      ? 'drain'
      : 'continue';
  return { schemaVersion: 1, action, leaseUntil };
}

async function isPaused(trx: Queries, workstation: string, now: Date): Promise<boolean> {
  return (await pausesInForce(trx, now)).some((pause) => coversWorkstation(pause, workstation));
}

/** True for an attempt whose agent should have ended it long ago. Without a new lease the watchdog takes it for lost. */
async function isOverdue(
  trx: Queries,
  { attemptId, type, now }: { attemptId: string; type: CommandType; now: Date },
): Promise<boolean> {
  const { claimedAt } = await trx
    .selectFrom('CamCommandAttempt')
    .select('claimedAt')
    .where('attemptId', '=', attemptId)
    .executeTakeFirstOrThrow();
  const limitMs = type.limits.attemptMs + TRANSFER_ALLOWANCE_MS;
  return claimedAt !== null && now.getTime() > Date.parse(claimedAt) + limitMs;
}

async function requireLease(
  queries: Queries,
  given: { readonly subject: string; readonly attemptId: string; readonly fence: number },
): Promise<Claimed & { readonly workstation: { readonly name: string; readonly lastSeenAt: string } }> {
  const held = await queries
    .selectFrom('CamWorkItem')
    .innerJoin('Workstation', 'Workstation.name', 'CamWorkItem.workstation')
    .selectAll('CamWorkItem')
    .select(['Workstation.name', 'Workstation.lastSeenAt'])
    .where('CamWorkItem.attemptId', '=', given.attemptId)
    .where('CamWorkItem.fence', '=', given.fence)
    .where('CamWorkItem.state', '=', 'Claimed')
    .where('Workstation.subject', '=', given.subject)
    .executeTakeFirst();
  if (!held) throw new CamCommandError('lease-lost');
  const { name, lastSeenAt, ...item } = held;
  return { item, command: await requireCommand(queries, item.commandId), workstation: { name, lastSeenAt } };
}

async function noteProgress(
  trx: Queries,
  { attemptId, command, request }: { attemptId: string; command: CommandRow; request: HeartbeatRequest },
): Promise<void> {
  const startedAt = request.startedAt === null ? null : utc(request.startedAt);
  await trx
    .updateTable('CamCommandAttempt')
    .set({
      phase: request.phase,
      percent: request.percent,
      logTail: JSON.stringify(request.logTail),
      ...(startedAt === null ? {} : { status: 'Running', startedAt }),
    })
    .where('attemptId', '=', attemptId)
    .execute();
  if (startedAt === null || (command.status !== 'Dispatched' && command.startedAt !== null)) return;
  // The status as it is now counts, not as it was read: a request to cancel may have come in between.
  await trx
    .updateTable('CamCommand')
    .set((eb) => ({
      status: eb.case().when('status', '=', 'Dispatched').then('Running').else(eb.ref('status')).end(),
      startedAt: eb.fn.coalesce('startedAt', eb.val(startedAt)),
      version: eb('version', '+', 1),
    }))
    .where('commandId', '=', command.commandId)
    .where('status', 'not in', FINAL_STATUSES)
    .execute();
}

/** False when the attempt is not this identity's; it may have ended. */
async function noteLog(
  trx: Queries,
  {
    subject,
    attemptId,
    request,
  }: {
    readonly subject: string;
    readonly attemptId: string;
    readonly request: z.infer<typeof logRequest>;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('CamCommandAttempt')
    .set({ logTail: JSON.stringify(request.logTail) })
    .where('attemptId', '=', attemptId)
    .where('fence', '=', request.fence)
    .where('workstation', 'in', (eb) =>
      eb.selectFrom('Workstation').select('name').where('subject', '=', subject),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
