import { randomUUID } from 'node:crypto';
import { type Database, type PageKey, type Queries, cutPage, firstRows, pageAfter } from '../data/index.ts';
import type { Change } from '../history/index.ts';
import { findAction, recordAction } from '../operator-actions/index.ts';
import type { Clock } from '../time/clock.ts';
import type { CommandTypes } from './command-types.ts';
import { CamCommandError } from './errors.ts';
import { type Pause, type PauseTarget, isInForce, targetLabel } from './pause-rules.ts';
import { workQueueOf } from './work-queue.ts';

/** Who ends a pause whose own end has come. */
const BY_ITSELF = 'mcms';
/** Two people who pause the same at once follow one another. */
const LOCK = 'pauses';

export interface PauseDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly commandTypes: CommandTypes;
}

export interface NewPause {
  readonly application?: string | undefined;
  readonly commandType?: string | undefined;
  readonly workstation?: string | undefined;
  readonly resumeAt?: Date | undefined;
  /** `comment` is the reason. */
  readonly change: Change & { readonly comment: string };
}

/**
 * Pauses an application, one of its command types, or a workstation, until somebody ends it or `resumeAt`.
 * @throws {CamCommandError} `pause-invalid` for what cannot be paused, `already-paused` when it is.
 */
export async function startPause(deps: PauseDeps, given: NewPause): Promise<Pause> {
  const { database, clock } = deps;
  const { change, resumeAt } = given;
  const target = targetOf(deps.commandTypes, given);
  if (resumeAt && resumeAt.getTime() <= clock.now().getTime()) throw invalid('resumeAt', 'must lie ahead');
  return database.transaction(async (trx) => {
    await workQueueOf(database).lock(trx, [LOCK]);
    if (target.workstation !== null) await requireKnown(trx, target.workstation);
    const same = (await pausesInForce(trx, clock.now())).find((pause) => isSame(pause, target));
    if (same) throw new CamCommandError('already-paused', { extensions: { pauseId: same.pauseId } });
    const pause: Pause = {
      pauseId: randomUUID(),
      ...target,
      reason: change.comment,
      createdAt: change.at,
      createdBy: change.by,
      resumeAt: resumeAt?.toISOString() ?? null,
      endedAt: null,
      endedBy: null,
    };
    await trx.insertInto('CamPause').values(pause).execute();
    await recordAction(trx, change, {
      action: 'PauseStarted',
      subject: targetLabel(pause),
      previousValue: 'running',
      currentValue: pause.resumeAt === null ? 'paused' : `paused until ${pause.resumeAt}`,
    });
    return pause;
  });
}

export interface PauseEnd {
  readonly pauseId: string;
  readonly change: Change;
  /** Of its entry in the operators' journal, so that a repeated request finds what it did; a new one when left out. */
  readonly actionId?: string | undefined;
}

/**
 * Ends a pause before its time. A request whose `actionId` stands in the journal has ended it before.
 * @throws {CamCommandError} `pause-not-found`, `pause-ended`.
 */
export async function endPause(
  { database }: Pick<PauseDeps, 'database'>,
  { pauseId, change, actionId }: PauseEnd,
): Promise<Pause> {
  return database.transaction(async (trx) => {
    const pause = await trx
      .selectFrom('CamPause')
      .selectAll()
      .where('pauseId', '=', pauseId)
      .executeTakeFirst();
    if (!pause) throw new CamCommandError('pause-not-found');
    if (actionId !== undefined && (await findAction(trx, actionId))) return pause;
    const ended = { ...pause, endedAt: change.at, endedBy: change.by };
    if (!isInForce(pause, new Date(change.at)) || !(await close(trx, ended, { change, actionId })))
      throw new CamCommandError('pause-ended');
    return ended;
  });
}

/** Notes the end of pauses whose own end has come; how many. They had been out of force since then. */
export async function endPastPauses({
  database,
  clock,
}: Pick<PauseDeps, 'database' | 'clock'>): Promise<number> {
  const now = clock.now().toISOString();
  const past = await database.read
    .selectFrom('CamPause')
    .selectAll()
    .where('endedAt', 'is', null)
    .where('resumeAt', '<=', now)
    .orderBy('seq')
    .execute();
  if (past.length === 0) return 0;
  return database.transaction(async (trx) => {
    let ended = 0;
    for (const pause of past) {
      const change: Change = {
        by: BY_ITSELF,
        kind: 'service',
        at: now,
        comment: 'The time set for it had come.',
      };
      if (await close(trx, { ...pause, endedAt: pause.resumeAt, endedBy: BY_ITSELF }, { change })) ended += 1;
    }
    return ended;
  });
}

/** The pauses in force at `now`: few, whatever has been paused before. */
export async function pausesInForce(queries: Queries, now: Date): Promise<readonly Pause[]> {
  return queries
    .selectFrom('CamPause')
    .selectAll()
    .where('endedAt', 'is', null)
    .where((eb) => eb.or([eb('resumeAt', 'is', null), eb('resumeAt', '>', now.toISOString())]))
    .orderBy('seq')
    .execute();
}

/** Pauses, newest first; those in force alone, unless all are asked for. */
export async function listPauses(
  { database, clock }: Pick<PauseDeps, 'database' | 'clock'>,
  active: boolean,
  page: { readonly top: number; readonly after?: PageKey | undefined },
): Promise<{ readonly value: readonly Pause[]; readonly next: PageKey | undefined }> {
  const { read, dialect } = database;
  const now = clock.now().toISOString();
  const all = read.selectFrom('CamPause').selectAll();
  const wanted = active
    ? all
        .where('endedAt', 'is', null)
        .where((eb) => eb.or([eb('resumeAt', 'is', null), eb('resumeAt', '>', now)]))
    : all;
  const paged = pageAfter(wanted, { seqColumn: 'CamPause.seq', descending: true }, page.after);
  const rows = await firstRows(paged, page.top + 1, dialect).execute();
  const { shown, last } = cutPage(rows, page.top);
  return { value: shown, next: last && { seq: last.seq } };
}

/** False when somebody else has ended it. */
async function close(
  trx: Queries,
  pause: Pause,
  { change, actionId }: Pick<PauseEnd, 'change' | 'actionId'>,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('CamPause')
    .set({ endedAt: pause.endedAt, endedBy: pause.endedBy })
    .where('pauseId', '=', pause.pauseId)
    .where('endedAt', 'is', null)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  await recordAction(trx, change, {
    actionId,
    action: 'PauseEnded',
    subject: targetLabel(pause),
    previousValue: `paused: ${pause.reason}`,
    currentValue: 'running',
  });
  return true;
}

function targetOf(types: CommandTypes, { application, commandType, workstation }: NewPause): PauseTarget {
  if (workstation !== undefined) {
    if (application !== undefined) throw invalid('application', 'must be left out beside a workstation');
    if (commandType !== undefined) throw invalid('commandType', 'must be left out beside a workstation');
    return { application: null, commandType: null, workstation };
  }
  if (application === undefined) throw invalid('application', 'is wanted, or a workstation');
  const known = types.all().filter((type) => type.application === application);
  if (known.length === 0) throw invalid('application', 'is not known');
  if (commandType !== undefined && !types.find(application, commandType))
    throw invalid('commandType', `must be one of ${known.map((type) => type.commandType).join(', ')}`);
  return { application, commandType: commandType ?? null, workstation: null };
}

async function requireKnown(trx: Queries, name: string): Promise<void> {
  const known = await trx
    .selectFrom('Workstation')
    .select('workstationId')
    .where('name', '=', name)
    .executeTakeFirst();
  if (!known) throw invalid('workstation', 'has never announced itself');
}

function isSame(one: PauseTarget, two: PauseTarget): boolean {
  return (
    one.application === two.application &&
    one.commandType === two.commandType &&
    one.workstation === two.workstation
  );
}

function invalid(path: string, message: string): CamCommandError {
  return new CamCommandError('pause-invalid', { errors: [{ path, message }] });
}
