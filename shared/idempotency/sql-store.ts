import { createHash } from 'node:crypto';
import {
  type IdempotencyScope,
  type IdempotencyStore,
  type RecordedResponse,
  keyInProgress,
  keyReused,
} from '../http/index.ts';
import { createLogger } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import {
  type Database,
  type IdempotencyKeyTable,
  type Queries,
  firstRows,
  isUniqueViolation,
} from '../data/index.ts';

/** A claim whose process died is free again after this; longer than a request takes. */
const CLAIM_MS = 30_000;
/** An answer is kept this long. */
const ANSWER_MS = 24 * 3_600_000;
const log = createLogger('idempotency');

type Row = Omit<IdempotencyKeyTable, 'seq'>;

/** Answers to `Idempotency-Key`s in table IdempotencyKey. */
export function createSqlIdempotencyStore(deps: {
  readonly database: Database;
  readonly clock: Clock;
}): IdempotencyStore {
  return {
    async run(scope, requestHash, work) {
      const key = scopeHash(scope);
      const standing = await claim(deps, key, requestHash);
      if (standing) return { response: standing, replayed: true };
      let response: RecordedResponse;
      try {
        response = await work();
      } catch (error) {
        await giveUp(deps, key);
        throw error;
      }
      await record(deps, key, response);
      return { response, replayed: false };
    },
  };
}

/** Removes answers and claims that are past their time, at most `count`; returns how many. */
export async function removeExpiredKeys(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  count: number,
): Promise<number> {
  const expired = database.read
    .selectFrom('IdempotencyKey')
    .select('seq')
    .where('expiresAt', '<', clock.now().toISOString())
    .orderBy('expiresAt');
  const rows = await firstRows(expired, count, database.dialect).execute();
  if (rows.length === 0) return 0;
  const seqs = rows.map((row) => row.seq);
  await database.transaction((trx) => trx.deleteFrom('IdempotencyKey').where('seq', 'in', seqs).execute());
  return rows.length;
}

/** Takes the key, or returns the answer that stands under it. */
async function claim(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  scope: string,
  requestHash: string,
): Promise<RecordedResponse | undefined> {
  const now = clock.now();
  const row: Row = {
    scope,
    requestHash,
    state: 'InProgress',
    status: null,
    headers: null,
    body: null,
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + CLAIM_MS).toISOString(),
  };
  return database.transaction(async (trx) => {
    const standing = await find(trx, scope);
    if (!standing) {
      await insertOrYield(trx, row);
      return undefined;
    }
    if (standing.expiresAt < now.toISOString()) {
      await trx.updateTable('IdempotencyKey').set(row).where('scope', '=', scope).execute();
      return undefined;
    }
    if (standing.requestHash !== requestHash) throw keyReused();
    if (standing.state !== 'Done') throw keyInProgress();
    return answerOf(standing);
  });
}

async function insertOrYield(trx: Queries, row: Row): Promise<void> {
  try {
    await trx.insertInto('IdempotencyKey').values(row).execute();
  } catch (error) {
    // Another process took the key between our look and our insert.
    throw isUniqueViolation(error) ? keyInProgress() : error;
  }
}

function find(queries: Queries, scope: string): Promise<Row | undefined> {
  return queries.selectFrom('IdempotencyKey').selectAll().where('scope', '=', scope).executeTakeFirst();
}

function answerOf(row: Row): RecordedResponse {
  return {
    status: row.status ?? 500,
    headers: JSON.parse(row.headers ?? '{}') as Record<string, string>,
    body: row.body,
  };
}

async function record(
  { database, clock }: { readonly database: Database; readonly clock: Clock },
  scope: string,
  response: RecordedResponse,
): Promise<void> {
  const answer = {
    state: 'Done',
    status: response.status,
    headers: JSON.stringify(response.headers),
    body: response.body,
    expiresAt: new Date(clock.now().getTime() + ANSWER_MS).toISOString(),
  };
  try {
    await database.transaction((trx) =>
      trx.updateTable('IdempotencyKey').set(answer).where('scope', '=', scope).execute(),
    );
  } catch (error) {
    // The work is done and its answer is true; a repeat of the request is refused until the claim runs out.
    log.warn('an answer could not be kept for its Idempotency-Key', { error });
  }
}

async function giveUp({ database }: { readonly database: Database }, scope: string): Promise<void> {
  try {
    await database.transaction((trx) =>
      trx.deleteFrom('IdempotencyKey').where('scope', '=', scope).execute(),
    );
  } catch (error) {
    log.warn('the claim of an Idempotency-Key could not be given up; it runs out by itself', { error });
  }
}

function scopeHash({ subject, method, path, key }: IdempotencyScope): string {
  return createHash('sha256')
    .update(JSON.stringify([subject, method, path, key]))
    .digest('hex');
}
