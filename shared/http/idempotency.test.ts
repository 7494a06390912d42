import { describe, expect, it } from '@jest/globals';
import { idempotencyStoreContract } from '../../tests/contract/idempotency-store.contract.ts';
import { memoryIdempotencyStore } from '../../tests/support/memory-idempotency-store.ts';
import { isStorable, parseIdempotencyKey, requestHash } from './idempotency.ts';

describe('the store in memory', () => {
  idempotencyStoreContract(memoryIdempotencyStore);
});

describe('parseIdempotencyKey', () => {
  it('takes visible ASCII', () => {
    expect(parseIdempotencyKey('3f2b:~!')).toBe('3f2b:~!');
    expect(parseIdempotencyKey(undefined)).toBeUndefined();
  });

  it.each(['', ' ', 'a b', 'x'.repeat(201), 'schlüssel'])('refuses %j', (key) => {
    expect(() => parseIdempotencyKey(key)).toThrow(
      expect.objectContaining({
        httpStatus: 400,
        errors: [expect.objectContaining({ path: 'Idempotency-Key' })],
      }),
    );
  });
});

describe('requestHash', () => {
  const request = { query: '', ifMatch: undefined, body: { a: 1, b: { c: [1, 2], d: 'x' } } };

  it('does not depend on the order of members', () => {
    expect(requestHash({ ...request, body: { b: { d: 'x', c: [1, 2] }, a: 1 } })).toBe(requestHash(request));
  });

  it.each([
    { ...request, body: { a: 1, b: { c: [2, 1], d: 'x' } } },
    { ...request, body: undefined },
    { ...request, query: '?x=1' },
    { ...request, ifMatch: '"3"' },
  ])('tells other requests apart: %j', (other) => {
    expect(requestHash(other)).not.toBe(requestHash(request));
  });
});

it.each([
  [200, true],
  [201, true],
  [404, true],
  [409, true],
  [422, true],
  [401, false],
  [403, false],
  [429, false],
  [500, false],
  [503, false],
])('an answer %i is stored: %s', (status, stored) => {
  expect(isStorable(status)).toBe(stored);
});
