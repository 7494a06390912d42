import { randomUUID } from 'node:crypto';
import type { Queries } from '../data/index.ts';
import type { Change } from '../history/index.ts';
import type { OperatorActionName } from './contracts.ts';

export interface ActionFacts {
  /** So that a repeated request finds it (`findAction`); a new one when left out. One that is taken is a unique violation. */
  readonly actionId?: string | undefined;
  readonly action: OperatorActionName;
  readonly subject: string;
  readonly commandId?: string | undefined;
  readonly run?: number | undefined;
  readonly previousValue?: string | null | undefined;
  readonly currentValue?: string | null | undefined;
}

const MAX_VALUE_LENGTH = 2000;
const MAX_SUBJECT_LENGTH = 200;

/**
 * Appends who did what, why, and what it was before and after, in the transaction that does it. `change.comment` is the reason.
 * What is about an item stands in the item's history as well; this is the journal of those who operate the shop.
 */
export async function recordAction(trx: Queries, change: Change, facts: ActionFacts): Promise<void> {
  await trx
    .insertInto('OperatorAction')
    .values({
      actionId: facts.actionId ?? randomUUID(),
      action: facts.action,
      subject: facts.subject.slice(0, MAX_SUBJECT_LENGTH),
      commandId: facts.commandId ?? null,
      run: facts.run ?? null,
      reason: change.comment ?? null,
      previousValue: facts.previousValue?.slice(0, MAX_VALUE_LENGTH) ?? null,
      currentValue: facts.currentValue?.slice(0, MAX_VALUE_LENGTH) ?? null,
      actedAt: change.at,
      actedBy: change.by,
      actorKind: change.kind,
      traceId: change.traceId ?? null,
    })
    .execute();
}

/** What stands in the journal under this id. */
export async function findAction(
  queries: Queries,
  actionId: string,
): Promise<{ readonly reason: string | null } | undefined> {
  return queries
    .selectFrom('OperatorAction')
    .select('reason')
    .where('actionId', '=', actionId)
    .executeTakeFirst();
}
