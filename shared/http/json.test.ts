import { describe, expect, it } from '@jest/globals';
import { MAX_FIELD_ERRORS, MAX_JSON_DEPTH, parseJson } from './json.ts';

const parse = (text: string): unknown => parseJson(Buffer.from(text, 'utf8'));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

function failure(work: () => unknown): { code?: string; errors?: { path: string; message: string }[] } {
  try {
    work();
  } catch (error) {
    return error as { code?: string };
  }
  throw new Error('it was taken');
}

describe('parseJson', () => {
  it.each(['null', '7', '"한글 😀"', '{"a":[1,{"b":null}]}', nested(MAX_JSON_DEPTH), '\ufeff{}'])(
    'takes %s',
    (text) => {
      expect(() => parse(text)).not.toThrow();
    },
  );

  it.each(['', '{', '{"a":1,}', "{'a':1}", 'undefined', '{"a":1}{"b":2}', '[NaN]', '"\u0001"'])(
    'refuses %j as malformed',
    (text) => {
      expect(failure(() => parse(text)).code).toBe('json-malformed');
    },
  );

  it('refuses bytes that are not UTF-8', () => {
    expect(failure(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))).code).toBe('json-malformed');
    expect(failure(() => parseJson(Buffer.from('{"a":1}', 'utf16le'))).code).toBe('json-malformed');
  });

  it.each([
    ['{"a":{"b":["x\\u0000"]}}', 'a.b[0]'],
    ['{"name":"\\ud800"}', 'name'],
    ['{"name":"\\udc00\\ud800"}', 'name'],
    ['{"a\\u0000b":1}', 'a\0b'],
    ['{"__proto__":{"admin":true}}', '__proto__'],
    ['{"a":{"__proto__":1}}', 'a.__proto__'],
    [`{"deep":${nested(MAX_JSON_DEPTH)}}`, `deep${'[0]'.repeat(MAX_JSON_DEPTH - 1)}`],
  ])('refuses %s, naming where', (text, path) => {
    const { code, errors } = failure(() => parse(text));
    expect(code).toBe('input-invalid');
    expect(errors?.map((error) => error.path)).toEqual([path]);
  });

  it('survives nesting that would exhaust a recursive reader, and names at most a page of errors', () => {
    expect(failure(() => parse(nested(100_000))).errors).toHaveLength(1);
    const many = JSON.stringify(Array.from({ length: 500 }, () => '\0'));
    expect(failure(() => parse(many)).errors?.length).toBe(MAX_FIELD_ERRORS);
  });

  it('keeps members named like those of every object as plain data', () => {
    const value = parse('{"constructor":{"prototype":{"x":1}},"toString":"y"}') as Record<string, unknown>;
    expect(value['toString']).toBe('y');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
