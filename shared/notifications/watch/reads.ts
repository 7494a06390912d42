import { type Database, type Queries, firstRows } from '../../data/index.ts';
import { AUTOMATIC, type IncidentRow } from '../incident-rows.ts';
import { type SolvedByPerson, WATCH_LIMITS, type WaitingItem, type WorkstationFacts } from './findings.ts';
import type { Telling } from './follow-ups.ts';
import type { PauseSpan } from './pauses.ts';

/** Items of an application looked at per round: the longest waiting are among the first that were put in. */
const OLDEST_ITEMS = 200;
const OPEN_INCIDENTS = 1000;

export async function readOpenIncidents(database: Database): Promise<IncidentRow[]> {
  const rows = database.read
    .selectFrom('Incident')
    .selectAll()
    .where('state', 'in', ['Open', 'Acknowledged'])
    .orderBy('state')
    .orderBy('seq');
  return firstRows(rows, OPEN_INCIDENTS, database.dialect).execute();
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

/** What waits for a workstation and has been due for longer than the limit. */
export async function readWaitingItems(database: Database, now: Date): Promise<WaitingItem[]> {
  const before = new Date(now.getTime() - WATCH_LIMITS.queueWaitMs).toISOString();
  const applications = await database.read
    .selectFrom('CamWorkItem')
    .select('application')
    .where('state', '=', 'Waiting')
    .groupBy('application')
    .execute();
  const perApplication = await Promise.all(
    applications.map(({ application }) =>
      firstRows(
        database.read
          .selectFrom('CamWorkItem')
          .innerJoin('CamCommand', 'CamCommand.commandId', 'CamWorkItem.commandId')
          .select([
            'CamWorkItem.application',
            'CamCommand.commandType',
            'CamWorkItem.enqueuedAt',
            'CamWorkItem.notBefore',
            'CamCommand.waitReason',
          ])
          .where('CamWorkItem.state', '=', 'Waiting')
          .where('CamWorkItem.application', '=', application)
          .where('CamWorkItem.enqueuedAt', '<', before)
          .where('CamWorkItem.notBefore', '<', before)
          .orderBy('CamWorkItem.seq'),
        OLDEST_ITEMS,
        database.dialect,
      ).execute(),
    ),
  );
  return perApplication.flat();
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

/** Incident → what its operators have been sent, or are to be sent; escalations do not count. */
export async function readTellings(
  queries: Queries,
  incidentIds: readonly string[],
): Promise<Map<string, Telling>> {
  const tellings = new Map<string, Telling>();
  if (incidentIds.length === 0) return tellings;
  const rows = await queries
    .selectFrom('Notification')
    .select(['incidentId', 'state', (eb) => eb.fn.max('createdAt').as('newest')])
    .where('incidentId', 'in', [...incidentIds])
    .where('channel', '<>', 'sms')
    .groupBy(['incidentId', 'state'])
    .execute();
  for (const { incidentId, state, newest } of rows) {
    if (incidentId === null) continue;
    const known = tellings.get(incidentId);
    tellings.set(incidentId, {
      newest: known && known.newest > newest ? known.newest : newest,
      underWay: known?.underWay === true || state === 'Pending' || state === 'Sending',
    });
  }
  return tellings;
}

function earliest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
