import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { derivedId } from './derived-id.ts';

const DIGEST = '0123456789abcdef'.repeat(4);

describe('an id derived from a file', () => {
  it('is a UUID that tells file, record and slot', () => {
    const id = derivedId(DIGEST, 255, 3);
    expect(id).toBe('01234567-89ab-8cde-8003-0000000000ff');
    expect(z.uuid().safeParse(id).success).toBe(true);
  });

  it('grows with the record number where the indexes of both engines look', () => {
    const ids = [1, 15, 16, 4_294_967_296].map((record) => derivedId(DIGEST, record));
    expect(ids.toSorted()).toEqual(ids);
    // SQL Server compares the last six bytes first.
    const tails = ids.map((id) => id.slice(24));
    expect(tails.toSorted()).toEqual(tails);
  });

  it('is refused where it would not be unique', () => {
    expect(() => derivedId(DIGEST, 1, 4096)).toThrow(RangeError);
    expect(() => derivedId(DIGEST, 2 ** 48)).toThrow(RangeError);
  });
});
