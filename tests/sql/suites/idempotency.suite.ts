import { describe, expect, it } from '@jest/globals';
import { createSqlIdempotencyStore } from '../../../shared/idempotency/index.ts';
import { idempotencyStoreContract } from '../../contract/idempotency-store.contract.ts';
import { openPair } from './engine.ts';

const clock = { now: () => new Date() };
const HASH = '1'.repeat(64);

export function idempotencySuite(): void {
  describe('idempotency keys', () => {
    idempotencyStoreContract(async () => createSqlIdempotencyStore({ ...(await openPair()), clock }));

    it('let the work of one key run once when many processes are asked at once', async () => {
      const { database, other } = await openPair();
      let runs = 0;
      const scope = { subject: 'kim', method: 'POST', path: '/api/items', key: 'k' };
      const response = { status: 201, headers: {}, body: '{}' };
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, index) =>
          createSqlIdempotencyStore({ database: index % 2 ? database : other, clock }).run(
            scope,
            HASH,
            async () => {
              runs += 1;
              return response;
            },
          ),
        ),
      );
      expect(runs).toBe(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'fulfilled') expect(outcome.value.response).toEqual(response);
        else expect(outcome.reason).toMatchObject({ code: 'idempotency-key-in-progress' });
      }
      expect(outcomes.some((outcome) => outcome.status === 'fulfilled' && !outcome.value.replayed)).toBe(
        true,
      );
    });
  });
}
