import { describe, expect, it } from '@jest/globals';
import { expectedVersion, matchesNone, parseTagCondition, preconditionFailed, versionTag } from './etag.ts';

const parse = (value: string | undefined) => parseTagCondition('If-Match', value);

describe('parseTagCondition', () => {
  it.each([
    [undefined, undefined],
    ['*', '*'],
    [' * ', '*'],
    ['"3"', [{ value: '3', weak: false }]],
    ['W/"3"', [{ value: '3', weak: true }]],
    ['"3",', [{ value: '3', weak: false }]],
    ['""', [{ value: '', weak: false }]],
    [
      ' "a,b" ,W/"c"',
      [
        { value: 'a,b', weak: false },
        { value: 'c', weak: true },
      ],
    ],
  ])('%j', (value, expected) => {
    expect(parse(value)).toEqual(expected);
  });

  it.each(['', '3', '"3', '"3" "4"', '"3";', 'w/"3"', '"a b"', '*, "3"'])(
    'refuses %j by the header',
    (value) => {
      expect(() => parse(value)).toThrow(
        expect.objectContaining({ httpStatus: 400, errors: [expect.objectContaining({ path: 'If-Match' })] }),
      );
    },
  );
});

it.each([
  [undefined, '"3"', false],
  ['*', '"3"', true],
  ['"3"', '"3"', true],
  ['W/"3"', '"3"', true],
  ['"3"', 'W/"3"', true],
  ['"1", "2"', '"3"', false],
  ['"1", "3"', '"3"', true],
])('If-None-Match %s against %s: %s', (header, etag, matches) => {
  expect(matchesNone(parse(header), etag)).toBe(matches);
});

describe('expectedVersion', () => {
  it.each([
    [undefined, undefined],
    ['*', undefined],
    [versionTag(12), 12],
  ])('%s is %s', (header, version) => {
    expect(expectedVersion(parse(header))).toBe(version);
  });

  it.each([
    ['W/"3"', 412],
    ['"abc"', 412],
    ['"0"', 412],
    ['"03"', 412],
    ['"1e3"', 412],
    ['"99999999999999999999"', 412],
    ['"1", "2"', 400],
  ])('%s is refused by %i', (header, status) => {
    expect(() => expectedVersion(parse(header))).toThrow(expect.objectContaining({ httpStatus: status }));
  });
});

it('a 412 tells the current version when it is known', () => {
  expect(preconditionFailed(4)).toMatchObject({
    httpStatus: 412,
    extensions: { currentVersion: 4 },
    httpHeaders: { ETag: '"4"' },
  });
  expect(preconditionFailed().extensions).toBeUndefined();
});
