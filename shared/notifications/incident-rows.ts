import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import {
  DatabaseUnavailableError,
  type IncidentTable,
  type Queries,
  bound,
  isUniqueViolation,
} from '../data/index.ts';
import { type IncidentKind, type Severity, incidentKinds, severities } from './contracts.ts';
import type { CommandFacts, IncidentFacts } from './facts.ts';

export type IncidentRow = Omit<Selectable<IncidentTable>, 'seq'>;

/** Who opens and solves incidents that no person touched. */
export const AUTOMATIC = 'mcms';
/** So many runs failing of one cause are no single command's trouble any more. */
const MANY_FAILURES = 5;
const MAX_MESSAGE_LENGTH = 2000;

/** What an incident is about, when it opens. */
export interface Opening {
  /** Also its key while it is open. */
  readonly cause: string;
  readonly kind: IncidentKind;
  readonly severity: Severity;
  readonly occurrences?: number;
  readonly application?: string | null;
  readonly commandType?: string | null;
  readonly workstation?: string | null;
  readonly queue?: string | null;
  readonly errorCode?: string | null;
  readonly errorMessage?: string | null;
  /** Of dead letters: the highest sequence number seen. */
  readonly highestNumber?: number | null;
}

/**
 * Joins the open incident of the cause or opens one, and returns its row. Writes before it reads, so that two at once follow one
 * another. A twin that opened it in the same moment has the whole transaction repeated, which then joins.
 */
export async function joinIncident(
  trx: Queries,
  opening: Opening,
  at: string,
): Promise<{ readonly opened: boolean; readonly row: IncidentRow }> {
  const joined = await trx
    .updateTable('Incident')
    .set((eb) => ({
      occurrences: eb('occurrences', '+', 1),
      severity: eb
        .case()
        .when('occurrences', '>=', MANY_FAILURES - 1)
        .then(bound<string>('Incident.severity', 'high'))
        .else(eb.ref('severity'))
        .end(),
      lastAt: at,
      workstation: opening.workstation ?? null,
      errorMessage: opening.errorMessage?.slice(0, MAX_MESSAGE_LENGTH) ?? null,
      version: eb('version', '+', 1),
    }))
    .where('openKey', '=', opening.cause)
    .executeTakeFirst();
  if (joined.numUpdatedRows === 0n) return { opened: true, row: await insertIncident(trx, opening, at) };
  const row = await trx
    .selectFrom('Incident')
    .selectAll()
    .where('openKey', '=', opening.cause)
    .executeTakeFirstOrThrow();
  return { opened: false, row };
}

/** The row of an incident that opens now. */
export function newIncident(opening: Opening, at: string) {
  return {
    incidentId: randomUUID(),
    openKey: opening.cause,
    cause: opening.cause,
    kind: opening.kind,
    state: 'Open',
    severity: opening.severity,
    application: opening.application ?? null,
    commandType: opening.commandType ?? null,
    workstation: opening.workstation ?? null,
    queue: opening.queue ?? null,
    errorCode: opening.errorCode ?? null,
    errorMessage: opening.errorMessage?.slice(0, MAX_MESSAGE_LENGTH) ?? null,
    occurrences: opening.occurrences ?? 1,
    openedAt: at,
    lastAt: at,
    toldAt: null,
    toldOccurrences: 0,
    escalatedAt: null,
    owner: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    solvedAt: null,
    solvedBy: null,
    solution: null,
    highestNumber: opening.highestNumber ?? null,
    version: 1,
  };
}

/** Opens an incident. A twin that opened it in the same moment has the whole transaction repeated. */
export async function insertIncident(trx: Queries, opening: Opening, at: string): Promise<IncidentRow> {
  const values = newIncident(opening, at);
  try {
    await trx.insertInto('Incident').values(values).execute();
    return values;
  } catch (error) {
    // SQL Server may have rolled the transaction back by now: only the whole of it can be repeated.
    throw isUniqueViolation(error) ? new DatabaseUnavailableError(error) : error;
  }
}

/** Marks an incident as told of `occurrences` at `at`. */
export async function markTold(
  trx: Queries,
  told: { readonly incidentId: string; readonly occurrences: number; readonly at: string },
): Promise<void> {
  await trx
    .updateTable('Incident')
    .set({ toldAt: told.at, toldOccurrences: told.occurrences })
    .where('incidentId', '=', told.incidentId)
    .where('toldOccurrences', '<', told.occurrences)
    .execute();
}

/** What a notification tells of an incident. */
export function incidentFactsOf(
  row: IncidentRow,
  event: IncidentFacts['event'],
  command: CommandFacts | null = null,
): IncidentFacts {
  return {
    schemaVersion: 1,
    about: 'incident',
    event,
    incidentId: row.incidentId,
    kind: kindOf(row),
    severity: severities.find((severity) => severity === row.severity) ?? 'medium',
    occurrences: row.occurrences,
    application: row.application,
    commandType: row.commandType,
    workstation: row.workstation,
    queue: row.queue,
    errorCode: row.errorCode,
    errorMessage: row.errorMessage,
    openedAt: row.openedAt,
    lastAt: row.lastAt,
    command,
  };
}

/** @throws {Error} for a kind this version does not know: a row of a later version. */
export function kindOf(row: Pick<IncidentRow, 'kind'>): IncidentKind {
  const kind = incidentKinds.find((known) => known === row.kind);
  if (!kind) throw new Error(`incident of unknown kind ${row.kind}`);
  return kind;
}
