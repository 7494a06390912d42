import { type Database, type PageKey, type Queries, cutPage, firstRows, pageAfter } from '../data/index.ts';
import type { Change } from '../history/index.ts';
import { preconditionFailed } from '../http/etag.ts';
import { recordAction } from '../operator-actions/index.ts';
import type { Language } from './content/texts.ts';
import type { IncidentDetails, IncidentKind, IncidentState, IncidentView } from './contracts.ts';
import { IncidentError } from './errors.ts';
import type { IncidentRow } from './incident-rows.ts';
import { incidentView, notificationView } from './incident-view.ts';
import { incidentSubject, solveRow } from './solve.ts';

export interface IncidentDeps {
  readonly database: Database;
  readonly language: Language;
}

export interface IncidentFilter {
  readonly state?: IncidentState | undefined;
  readonly kind?: IncidentKind | undefined;
}

/** What a person does to an incident. */
export interface IncidentStep {
  readonly incidentId: string;
  readonly change: Change;
  /** The version the caller read (`If-Match`); undefined: whatever is there. */
  readonly expectedVersion: number | undefined;
}

const DETAILS = 100;

/** Incidents, newest first. */
export async function listIncidents(
  { database, language }: IncidentDeps,
  { state, kind }: IncidentFilter,
  page: { readonly top: number; readonly after?: PageKey | undefined },
): Promise<{ readonly value: IncidentView[]; readonly next: PageKey | undefined }> {
  let query = database.read.selectFrom('Incident').selectAll();
  if (state) query = query.where('state', '=', state);
  if (kind) query = query.where('kind', '=', kind);
  const ordered = pageAfter(query, { seqColumn: 'Incident.seq', descending: true }, page.after);
  const rows = await firstRows(ordered, page.top + 1, database.dialect).execute();
  const { shown, last } = cutPage(rows, page.top);
  return {
    value: shown.map((row) => incidentView(row, language)),
    next: last && { seq: last.seq },
  };
}

/** One incident with its failed runs and what was sent of it. @throws {IncidentError} `incident-not-found` */
export async function readIncident(
  { database, language }: IncidentDeps,
  incidentId: string,
): Promise<IncidentDetails> {
  const row = await requireIncident(database.read, incidentId);
  const commands = database.read
    .selectFrom('IncidentCommand')
    .select(['commandId', 'run', 'failedAt'])
    .where('incidentId', '=', incidentId)
    .orderBy('seq', 'desc');
  const notifications = database.read
    .selectFrom('Notification')
    .select(['notificationId', 'kind', 'channel', 'state', 'attempts', 'createdAt', 'sentAt', 'lastError'])
    .where('incidentId', '=', incidentId)
    .orderBy('seq', 'desc');
  return {
    ...incidentView(row, language),
    commands: await firstRows(commands, DETAILS, database.dialect).execute(),
    notifications: (await firstRows(notifications, DETAILS, database.dialect).execute()).map(
      notificationView,
    ),
  };
}

/** Somebody takes care of it: no escalation any more. A second one takes it over. */
export async function acknowledgeIncident(
  { database }: Pick<IncidentDeps, 'database'>,
  { incidentId, change, expectedVersion, owner }: IncidentStep & { readonly owner: string },
): Promise<void> {
  await database.transaction(async (trx) => {
    const row = await requireCurrent(trx, incidentId, expectedVersion);
    const { numUpdatedRows } = await trx
      .updateTable('Incident')
      .set((eb) => ({
        state: 'Acknowledged',
        owner,
        acknowledgedAt: change.at,
        acknowledgedBy: change.by,
        version: eb('version', '+', 1),
      }))
      .where('incidentId', '=', incidentId)
      .where('version', '=', row.version)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw await changedMeanwhile(trx, incidentId);
    await recordAction(trx, change, {
      action: 'IncidentAcknowledged',
      subject: incidentSubject(row),
      previousValue: ownedBy(row.state, row.owner),
      currentValue: ownedBy('Acknowledged', owner),
    });
  });
}

/** It is over; the same cause opens a new incident. `change.comment` says what the solution was. */
export async function solveIncident(
  { database }: Pick<IncidentDeps, 'database'>,
  { incidentId, change, expectedVersion }: IncidentStep,
): Promise<void> {
  await database.transaction(async (trx) => {
    const row = await requireCurrent(trx, incidentId, expectedVersion);
    if (!(await solveRow(trx, row, change))) throw await changedMeanwhile(trx, incidentId);
  });
}

/** The incident, if it is open and of the version that the caller read. */
async function requireCurrent(
  trx: Queries,
  incidentId: string,
  expectedVersion: number | undefined,
): Promise<IncidentRow> {
  const row = await requireIncident(trx, incidentId);
  if (expectedVersion !== undefined && row.version !== expectedVersion) throw preconditionFailed(row.version);
  if (row.state === 'Solved') throw new IncidentError('incident-solved');
  return row;
}

async function requireIncident(queries: Queries, incidentId: string) {
  const row = await queries
    .selectFrom('Incident')
    .selectAll()
    .where('incidentId', '=', incidentId)
    .executeTakeFirst();
  if (!row) throw new IncidentError('incident-not-found');
  return row;
}

async function changedMeanwhile(trx: Queries, incidentId: string): Promise<Error> {
  return preconditionFailed((await requireIncident(trx, incidentId)).version);
}

function ownedBy(state: string, owner: string | null): string {
  return owner === null ? state : `${state}, ${owner}`;
}
