import { type Database, firstRows } from '../../data/index.ts';
import type { IncidentKind } from '../contracts.ts';
import { AUTOMATIC, type IncidentRow } from '../incident-rows.ts';
import { type SolvedByPerson, WATCH_LIMITS, type WorkstationFacts } from './findings.ts';
import { type PauseSpan, earliest } from './pauses.ts';
import type { WaitingLane } from './waits.ts';

const MOST_LANES = 500;
/** Kinds that the watch opens and solves by what it finds. */
const FOUND_KINDS: readonly IncidentKind[] = [
  'workstation-lost',
  'queue-wait',
  'dead-letters',
  'certificate-expiring',
];

/**
 * The open incidents of what the watch finds, all of them: one that was left out would never be solved, and would keep its cause from
 * being told of again. They are as many as there are workstations, types of commands and queues; failures, which may pile up, are
 * not among them.
 */
export async function readOpenFound(database: Database): Promise<IncidentRow[]> {
  return database.read
    .selectFrom('Incident')
    .selectAll()
    .where('state', 'in', ['Open', 'Acknowledged'])
    .where('kind', 'in', [...FOUND_KINDS])
    .orderBy('seq')
    .execute();
}

/** Cause → what was there when a person last solved an incident of it. */
export async function readSolvedByPeople(
  database: Database,
  causes: readonly string[],
): Promise<Map<string, SolvedByPerson>> {
  if (causes.length === 0) return new Map();
  const rows = await database.read
    .selectFrom('Incident')
    .select((eb) => [
      'cause',
      eb.fn.max('solvedAt').as('solvedAt'),
      eb.fn.max('highestNumber').as('highestNumber'),
    ])
    .where('state', '=', 'Solved')
    .where('cause', 'in', [...causes])
    .where('solvedBy', '<>', AUTOMATIC)
    .groupBy('cause')
    .execute();
  return new Map(
    rows.flatMap(({ cause, solvedAt, highestNumber }) =>
      solvedAt === null ? [] : [[cause, { at: solvedAt, highestNumber }]],
    ),
  );
}

export async function readWorkstations(database: Database, now: Date): Promise<WorkstationFacts[]> {
  return database.read
    .selectFrom('Workstation')
    .select(['name', 'lastSeenAt', 'certificateExpiresAt'])
    .where('lastSeenAt', '>', new Date(now.getTime() - WATCH_LIMITS.certificateMs).toISOString())
    .execute();
}

/** Pauses in force now, or at some time since `since`. */
export async function readPauses(database: Database, since: string): Promise<PauseSpan[]> {
  const rows = await database.read
    .selectFrom('CamPause')
    .select(['application', 'commandType', 'workstation', 'createdAt', 'resumeAt', 'endedAt'])
    .where((eb) => eb.or([eb('endedAt', 'is', null), eb('endedAt', '>', since)]))
    .where((eb) => eb.or([eb('resumeAt', 'is', null), eb('resumeAt', '>', since)]))
    .execute();
  return rows.map(({ application, commandType, workstation, createdAt, resumeAt, endedAt }) => ({
    application,
    commandType,
    workstation,
    from: createdAt,
    until: earliest(resumeAt, endedAt),
  }));
}

/** Lanes in which something waits for a workstation and has been due for longer than the limit, the longest waiting first. */
export async function readWaitingLanes(database: Database, now: Date): Promise<WaitingLane[]> {
  const before = new Date(now.getTime() - WATCH_LIMITS.queueWaitMs).toISOString();
  const waiting = database.read
    .selectFrom('CamWorkItem')
    .select((eb) => [
      eb.fn.min('seq').as('seq'),
      eb.fn
        .min(
          eb
            .case()
            .when('notBefore', '>', eb.ref('enqueuedAt'))
            .then(eb.ref('notBefore'))
            .else(eb.ref('enqueuedAt'))
            .end(),
        )
        .as('since'),
    ])
    .where('state', '=', 'Waiting')
    .where('enqueuedAt', '<', before)
    .where('notBefore', '<', before)
    // Items that version 0.1 put in are all of one lane.
    .groupBy(['laneId', 'application']);
  const lanes = database.read
    .selectFrom(waiting.as('waiting'))
    .innerJoin('CamWorkItem as oldest', 'oldest.seq', 'waiting.seq')
    .innerJoin('CamCommand as command', 'command.commandId', 'oldest.commandId')
    .select(['oldest.application', 'oldest.commandId', 'command.commandType', 'waiting.since'])
    .orderBy('waiting.since');
  return firstRows(lanes, MOST_LANES, database.dialect).execute();
}

/** Open incidents of failed commands of which every command has succeeded, or been cancelled, since. */
export async function readMendedFailures(database: Database): Promise<IncidentRow[]> {
  return database.read
    .selectFrom('Incident')
    .selectAll()
    .where('state', 'in', ['Open', 'Acknowledged'])
    .where('kind', '=', 'command-failure')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('IncidentCommand')
            .innerJoin('CamCommand', 'CamCommand.commandId', 'IncidentCommand.commandId')
            .select('IncidentCommand.seq')
            .whereRef('IncidentCommand.incidentId', '=', 'Incident.incidentId')
            .where('CamCommand.status', 'not in', ['Succeeded', 'Cancelled']),
        ),
      ),
    )
    .execute();
}
