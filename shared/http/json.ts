import type { FieldError } from '../errors.ts';
import { HttpError, inputInvalid } from './errors.ts';

/** Deeper JSON than this is refused: no request of this API comes near, and recursion over it stays bounded. */
export const MAX_JSON_DEPTH = 32;

/** Wrong input lists no more fields than this. */
export const MAX_FIELD_ERRORS = 50;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/**
 * Parses a JSON body strictly: UTF-8 (RFC 8259 section 8.1), bounded depth, no U+0000 and no unpaired surrogate in any string
 * (SQL Server and file systems disagree about both), no member called `__proto__`.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const value = parse(bytes);
  const errors: FieldError[] = [];
  inspect(value, '', 1, errors);
  if (errors.length > 0) throw inputInvalid(errors);
  return value;
}

function parse(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = UTF8.decode(bytes);
  } catch (error) {
    throw new HttpError('json-malformed', 'The body is not UTF-8 text.', { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    const where = position === undefined ? 'The body ends too early or is empty' : `at character ${position}`;
    throw new HttpError('json-malformed', 'The body is not valid JSON.', {
      errors: [{ path: '', message: `not valid JSON: ${where}` }],
      cause: error,
    });
  }
}

function inspect(value: unknown, path: string, depth: number, errors: FieldError[]): void {
  if (errors.length >= MAX_FIELD_ERRORS) return;
  if (typeof value === 'string') {
    if (!isCleanText(value)) errors.push({ path, message: 'must not contain U+0000 or unpaired surrogates' });
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_JSON_DEPTH) {
    errors.push({ path, message: `must not be nested deeper than ${MAX_JSON_DEPTH} levels` });
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) inspect(item, `${path}[${index}]`, depth + 1, errors);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    const member = joinPath(path, key);
    if (key === '__proto__' || !isCleanText(key))
      errors.push({ path: member, message: 'is not an allowed name' });
    else inspect(item, member, depth + 1, errors);
  }
}

/** Well-formed Unicode without U+0000. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** `steps` + 0 + `sequence` → `steps[0].sequence`. */
export function joinPath(base: string, key: PropertyKey): string {
  if (typeof key === 'number') return `${base}[${key}]`;
  const name = String(key).toWellFormed().slice(0, 100);
  return base === '' ? name : `${base}.${name}`;
}
