import { randomUUID } from 'node:crypto';
import type { Database, Queries } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import type { AnnounceRequest } from './contracts.ts';
import { CamCommandError } from './errors.ts';

/** `lastSeenAt` is written by claims at most this often: an idle agent's polls are no load. */
const SEEN_RESOLUTION_MS = 20_000;

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
 * Notes that a workstation is alive.
 * @throws {CamCommandError} `workstation-not-announced` when this identity has not announced the name.
 */
export async function requireWorkstation(
  trx: Queries,
  { subject, name, now }: { readonly subject: string; readonly name: string; readonly now: Date },
): Promise<void> {
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
