import { type Queries, firstRows } from '../data/index.ts';
import { UnavailableError } from '../errors.ts';
import { createLogger } from '../telemetry/index.ts';
import { type AttemptDeps, requireCommand } from './attempts.ts';
import { startNextRun } from './next-run.ts';

/** Commands run again, and commands found to be a person's, in one round at most: each is a transaction of its own. */
const BATCH = 50;
const log = createLogger('cam-commands');

export interface Reprocessed {
  /** Commands that run once more. */
  readonly runs: number;
  /** To be published. */
  readonly outboxIds: readonly string[];
}

/**
 * Starts the next run of failed commands whose time for it has come (`reprocessAt`) and of whose failure the operators have been
 * told, or which one of them has acknowledged. What a person has done meanwhile counts: a command that was run again is in another
 * run, and one whose incident was solved stays as it is.
 */
export async function reprocessFailed(
  deps: Pick<AttemptDeps, 'database' | 'clock' | 'commandTypes'>,
): Promise<Reprocessed> {
  const { database, clock, commandTypes } = deps;
  const now = clock.now().toISOString();
  for (const command of await solvedOnes(deps, now)) await leaveToPeople(deps, command);
  const due = await firstRows(
    toldOf(database.read, now).orderBy('CamCommand.reprocessAt').orderBy('CamCommand.seq'),
    BATCH,
    database.dialect,
  ).execute();
  const outboxIds: string[] = [];
  let runs = 0;
  for (const { commandId } of due) {
    const started = await attemptOne(commandId, () =>
      database.transaction(async (trx) => {
        const still = await toldOf(trx, now).where('CamCommand.commandId', '=', commandId).executeTakeFirst();
        if (!still) return undefined;
        const change = { by: 'mcms', kind: 'service', at: now } as const;
        return startNextRun(trx, await requireCommand(trx, commandId), {
          change,
          commandTypes,
          automatic: true,
        });
      }),
    );
    if (!started) continue;
    runs += 1;
    outboxIds.push(...started.outboxIds);
  }
  return { runs, outboxIds };
}

/** One command that cannot be run again does not keep the others from it. */
async function attemptOne<T>(commandId: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    log.error('a failed command could not be run again; the next round tries again', { commandId, error });
    return undefined;
  }
}

/** Commands due for another run by themselves whose incident somebody has been told of. */
function toldOf(queries: Queries, now: string) {
  return dueOnes(queries, now)
    .where('Incident.solvedAt', 'is', null)
    .where((eb) =>
      eb.or([eb('Incident.toldAt', 'is not', null), eb('Incident.acknowledgedAt', 'is not', null)]),
    );
}

function dueOnes(queries: Queries, now: string) {
  return queries
    .selectFrom('CamCommand')
    .innerJoin('IncidentCommand', (join) =>
      join
        .onRef('IncidentCommand.commandId', '=', 'CamCommand.commandId')
        .onRef('IncidentCommand.run', '=', 'CamCommand.run'),
    )
    .innerJoin('Incident', 'Incident.incidentId', 'IncidentCommand.incidentId')
    .select(['CamCommand.commandId', 'CamCommand.run', 'CamCommand.seq', 'CamCommand.reprocessAt'])
    .where('CamCommand.status', '=', 'Failed')
    .where('CamCommand.cancelRequestedAt', 'is', null)
    .where('CamCommand.reprocessAt', '<=', now);
}

interface RunKey {
  readonly commandId: string;
  readonly run: number;
}

async function solvedOnes({ database }: Pick<AttemptDeps, 'database'>, now: string): Promise<RunKey[]> {
  const rows = await firstRows(
    dueOnes(database.read, now)
      .where('Incident.solvedAt', 'is not', null)
      .orderBy('CamCommand.reprocessAt')
      .orderBy('CamCommand.seq'),
    BATCH,
    database.dialect,
  ).execute();
  return rows;
}

/** The incident was solved: whether the command runs again is for a person to say. */
async function leaveToPeople(
  { database }: Pick<AttemptDeps, 'database'>,
  { commandId, run }: RunKey,
): Promise<void> {
  await database.transaction((trx) =>
    trx
      .updateTable('CamCommand')
      .set((eb) => ({ reprocessAt: null, version: eb('version', '+', 1) }))
      .where('commandId', '=', commandId)
      .where('run', '=', run)
      .where('status', '=', 'Failed')
      .execute(),
  );
}
