import { type Database, firstRows } from '../../data/index.ts';
import { AUTOMATIC, type IncidentRow } from '../incident-rows.ts';
import { WATCH_LIMITS, type WaitingItem, type WorkstationFacts } from './findings.ts';
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

/** Cause → when a person last solved an incident of it. */
export async function readSolvedByPeople(
  database: Database,
  causes: readonly string[],
): Promise<Map<string, string>> {
  if (causes.length === 0) return new Map();
  const rows = await database.read
    .selectFrom('Incident')
    .select(['cause', (eb) => eb.fn.max('solvedAt').as('solvedAt')])
    .where('state', '=', 'Solved')
    .where('cause', 'in', [...causes])
    .where('solvedBy', '<>', AUTOMATIC)
    .groupBy('cause')
    .execute();
  return new Map(rows.flatMap(({ cause, solvedAt }) => (solvedAt === null ? [] : [[cause, solvedAt]])));
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

/** Incidents of which something to their operators is still to be sent. */
export async function readUnsent(database: Database, incidentIds: readonly string[]): Promise<Set<string>> {
  if (incidentIds.length === 0) return new Set();
  const rows = await database.read
    .selectFrom('Notification')
    .select('incidentId')
    .where('incidentId', 'in', [...incidentIds])
    .where('state', 'in', ['Pending', 'Sending'])
    .where('channel', '<>', 'sms')
    .execute();
  return new Set(rows.flatMap(({ incidentId }) => (incidentId === null ? [] : [incidentId])));
}

function earliest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
