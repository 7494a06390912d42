import { describe, expect, it } from '@jest/globals';
import { idempotencyStoreContract } from '../../tests/contract/idempotency-store.contract.ts';
import { createTestDatabase } from '../../tests/support/database.ts';
import { HttpError, type IdempotencyScope, type RecordedResponse } from '../http/index.ts';
import { createSqlIdempotencyStore, removeExpiredKeys } from './index.ts';

const scope: IdempotencyScope = { subject: 'kim', method: 'POST', path: '/api/items', key: 'k' };
const HASH = '1'.repeat(64);
const answer: RecordedResponse = { status: 201, headers: {}, body: '{}' };

function clockAt(start: string) {
  let now = Date.parse(start);
  return {
    clock: { now: () => new Date(now) },
    advance: (ms: number) => {
      now += ms;
    },
  };
}

describe('idempotency store over SQL', () => {
  idempotencyStoreContract(async () => {
    const { database } = await createTestDatabase();
    return createSqlIdempotencyStore({ database, clock: { now: () => new Date() } });
  });

  it('frees a claim whose process died after half a minute', async () => {
    const { database } = await createTestDatabase();
    const { clock, advance } = clockAt('2026-01-01T00:00:00Z');
    const dead = createSqlIdempotencyStore({ database, clock });
    // The claim stands once the work begins; then the process dies over it.
    await new Promise<void>((begun) => {
      const never = dead.run(scope, HASH, () => {
        begun();
        return new Promise<RecordedResponse>(() => undefined);
      });
      never.catch(() => undefined);
    });
    await expect(dead.run(scope, HASH, async () => answer)).rejects.toBeInstanceOf(HttpError);

    advance(30_001);

    expect(await dead.run(scope, HASH, async () => answer)).toEqual({ response: answer, replayed: false });
  });

  it('removes what is past its time and nothing else', async () => {
    const { database } = await createTestDatabase();
    const { clock, advance } = clockAt('2026-01-01T00:00:00Z');
    const store = createSqlIdempotencyStore({ database, clock });
    await store.run(scope, HASH, async () => answer);
    advance(25 * 3_600_000);
    await store.run({ ...scope, key: 'new' }, HASH, async () => answer);

    expect(await removeExpiredKeys({ database, clock }, 100)).toBe(1);
    expect(await removeExpiredKeys({ database, clock }, 100)).toBe(0);
  });
});
