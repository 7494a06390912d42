import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { encodeSkipToken, page, skipToken } from './paging.ts';

const position = z.tuple([z.string(), z.int()]);
const query = z.strictObject({ skipToken: skipToken(position).optional() });
const url = new URL('http://127.0.0.1:7071/api/things?q=a%26b&top=2');

describe('skipToken', () => {
  it.each([[['2026-01-01', 7]], [['', 0]], [['한글 "quoted" 😀', 9_007_199_254_740_991]]])(
    'carries %j',
    (value) => {
      expect(query.parse({ skipToken: encodeSkipToken(value) })).toEqual({ skipToken: value });
    },
  );

  it.each([
    '',
    'x',
    '!!!',
    'bnVsbA==',
    encodeSkipToken(null),
    encodeSkipToken(['a']),
    encodeSkipToken(['a', '7']),
    encodeSkipToken(['a', 7, 8]),
    encodeSkipToken({ 0: 'a', 1: 7 }),
    `${encodeSkipToken(['a', 7])}x`,
    'A'.repeat(2001),
    Buffer.of(0xff, 0xfe).toString('base64url'),
  ])('refuses %j by its name', (token) => {
    expect(query.safeParse({ skipToken: token }).error?.issues).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ path: ['skipToken'], message: 'is not a token of this list' }),
      ]),
    );
  });
});

describe('page', () => {
  it('links to the next page with the same filters', () => {
    const { nextLink } = page(url, { value: [1, 2], next: ['b', 2] });
    const link = new URL(nextLink ?? '');
    expect(link.origin + link.pathname).toBe('http://127.0.0.1:7071/api/things');
    expect(link.searchParams.get('q')).toBe('a&b');
    expect(query.parse({ skipToken: link.searchParams.get('skipToken') })).toEqual({ skipToken: ['b', 2] });
  });

  it('replaces the token that led here', () => {
    const here = new URL(page(url, { value: [], next: ['a', 1] }).nextLink ?? '');
    const next = new URL(page(here, { value: [], next: ['b', 2] }).nextLink ?? '');
    expect(next.searchParams.getAll('skipToken')).toEqual([encodeSkipToken(['b', 2])]);
  });

  it('ends without a link, and counts only when asked', () => {
    expect(page(url, { value: [1] })).toEqual({ value: [1] });
    expect(page(url, { value: [], count: 0 })).toEqual({ value: [], count: 0 });
  });
});
