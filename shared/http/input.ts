import type { HttpRequest } from '@azure/functions';
import type { z } from 'zod';
import type { FieldError } from '../errors.ts';
import { HttpError, inputInvalid } from './errors.ts';
import { MAX_FIELD_ERRORS, isCleanText, joinPath, parseJson } from './json.ts';

/**
 * Reads the body as JSON; an empty one is undefined, for the schema to judge. The size is known before anything is parsed, from
 * `Content-Length` already where it is sent.
 */
export async function readJsonBody(request: HttpRequest, maxBytes: number): Promise<unknown> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength > maxBytes) throw tooLarge(maxBytes);
  if (bytes.byteLength === 0) return undefined;
  const mediaType = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    throw new HttpError('media-type-unsupported', 'Send the body as application/json.', {
      httpHeaders: { Accept: 'application/json' },
    });
  }
  return parseJson(new Uint8Array(bytes));
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError('body-too-large', `The body is larger than ${maxBytes} bytes.`, {
    extensions: { maxBytes },
  });
}

/** Query parameters as an object; one given twice is refused, for two readers could take different ones. */
export function readQuery(request: HttpRequest): Record<string, string> {
  const names = [...new Set(request.query.keys())];
  return readStrings(names.map((name) => [name, request.query.getAll(name)]));
}

/** Route parameters as an object. */
export function readParams(request: HttpRequest): Record<string, string> {
  return readStrings(Object.entries(request.params).map(([name, value]) => [name, [value]]));
}

function readStrings(entries: readonly (readonly [string, readonly string[]])[]): Record<string, string> {
  const errors: FieldError[] = [];
  const values: [string, string][] = [];
  for (const [name, [value = '', ...others]] of entries) {
    if (others.length > 0) errors.push({ path: name, message: 'must be given once' });
    else if (name === '__proto__') errors.push({ path: name, message: 'is not a known parameter' });
    else if (!isCleanText(value)) errors.push({ path: name, message: 'must not contain U+0000' });
    values.push([name, value]);
  }
  if (errors.length > 0) throw inputInvalid(errors);
  return Object.fromEntries(values);
}

/** Checks a value by its schema; what is wrong is a 400 with one entry per field. */
export function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw inputInvalid(fieldErrors(result.error));
}

/** The issues of zod as field errors: an unknown member is named itself, of a failed union the nearest branch is told. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => fromIssue(issue, '')).slice(0, MAX_FIELD_ERRORS);
}

function fromIssue(issue: z.core.$ZodIssue, base: string): FieldError[] {
  const path = issue.path.reduce<string>(joinPath, base);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: joinPath(path, key), message: 'is not known here' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [];
    if (nearest.length > 0) return nearest.flatMap((inner) => fromIssue(inner, path));
  }
  return [{ path, message: issue.message }];
}
