import { randomUUID } from 'node:crypto';
import { type ClaimDeps, claimNext } from '../../shared/cam-commands/claim.ts';
import { CommandTypes } from '../../shared/cam-commands/command-types.ts';
import type { Offer } from '../../shared/cam-commands/eligibility.ts';
import type { WorkItem } from '../../shared/cam-commands/work-queue.ts';
import type { Database, Queries } from '../../shared/data/index.ts';

export interface GivenClaim extends Partial<Omit<Offer, 'name'>> {
  readonly claimId?: string;
  readonly workstation?: string;
  /** ISO 8601. */
  readonly now?: string;
  readonly licencePools?: ClaimDeps['licencePools'];
}

const commandTypes = CommandTypes.create();
/** What tests of the queue take for now. */
export const CLAIM_NOW = '2030-01-01T00:00:00.000Z';

/** Claims what comes next in a transaction of its own, as an agent of version 0.1 unless other abilities are given. */
export async function claimIn(database: Database, given: GivenClaim = {}): Promise<WorkItem | undefined> {
  return database.transaction((trx) => claimWithin(database, trx, given));
}

/** The same in a transaction that is open. */
export async function claimWithin(
  { dialect }: Pick<Database, 'dialect'>,
  trx: Queries,
  { claimId = randomUUID(), workstation = 'WS-1', now = CLAIM_NOW, licencePools, ...offer }: GivenClaim = {},
): Promise<WorkItem | undefined> {
  const claimed = await claimNext({ database: { dialect }, commandTypes, licencePools }, trx, {
    claimId,
    offer: {
      name: workstation,
      applications: ['esprit', 'solidworks'],
      abilities: null,
      runner: null,
      ...offer,
    },
    now: new Date(now),
  });
  return claimed?.item;
}
