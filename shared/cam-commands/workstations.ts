import { randomUUID } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Database, Queries, WorkstationTable } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import { utc } from './attempts.ts';
import type { Ability, AnnounceRequest } from './contracts.ts';
import type { Offer } from './eligibility.ts';
import { CamCommandError } from './errors.ts';
import type { LiveWorkstation } from './wait-reason.ts';

/** `lastSeenAt` is written by claims and heartbeats at most this often: an idle agent's polls are no load. */
const SEEN_RESOLUTION_MS = 20_000;
/** A workstation not heard of for this long does not count as one that could take work. */
export const WORKSTATION_SILENT_MS = 3 * 60_000;

/**
 * Notes a workstation with its abilities; `subject` is the identity that owns its name from then on.
 * @throws {CamCommandError} `workstation-name-taken` when another identity holds the name.
 */
export async function announce(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
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
    abilities: request.abilities === undefined ? null : JSON.stringify(request.abilities),
    platform: request.platform ?? null,
    runner: request.runner ?? null,
    certificateExpiresAt:
      request.certificateExpiresAt === undefined ? null : utc(request.certificateExpiresAt),
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

/**
 * Notes that a workstation is alive; what it offers.
 * @throws {CamCommandError} `workstation-not-announced` when this identity has not announced the name.
 */
export async function requireWorkstation(
  trx: Queries,
  { subject, name, now }: { readonly subject: string; readonly name: string; readonly now: Date },
): Promise<Offer> {
  const row = await trx
    .selectFrom('Workstation')
    .select(['name', 'applications', 'abilities', 'runner', 'lastSeenAt'])
    .where('name', '=', name)
    .where('subject', '=', subject)
    .executeTakeFirst();
  if (!row) throw new CamCommandError('workstation-not-announced');
  await noteSeen(trx, row, now);
  return offerOf(row);
}

/** Notes that a workstation is alive, if that has not been noted lately. */
export async function noteSeen(
  trx: Queries,
  { name, lastSeenAt }: { readonly name: string; readonly lastSeenAt: string },
  now: Date,
): Promise<void> {
  if (now.getTime() - Date.parse(lastSeenAt) < SEEN_RESOLUTION_MS) return;
  await trx
    .updateTable('Workstation')
    .set({ lastSeenAt: now.toISOString() })
    .where('name', '=', name)
    .execute();
}

/** The workstations that have been heard of lately. */
export async function liveWorkstations(queries: Queries, now: Date): Promise<readonly LiveWorkstation[]> {
  const rows = await queries
    .selectFrom('Workstation')
    .select(['name', 'applications', 'abilities', 'runner', 'seats'])
    .where('lastSeenAt', '>=', new Date(now.getTime() - WORKSTATION_SILENT_MS).toISOString())
    .orderBy('name')
    .execute();
  return rows.map((row) => ({ ...offerOf(row), seats: row.seats }));
}

/** What a workstation's row says it offers. */
export function offerOf({
  name,
  applications,
  abilities,
  runner,
}: Pick<Selectable<WorkstationTable>, 'name' | 'applications' | 'abilities' | 'runner'>): Offer {
  return {
    name,
    applications: JSON.parse(applications) as string[],
    abilities: abilities === null ? null : (JSON.parse(abilities) as Ability[]),
    runner,
  };
}
