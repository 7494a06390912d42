import { z } from 'zod';

/*
 * `meta({ wire })` is what the API document shows where the type on the wire is not what zod would derive from the input side
 * (an integer in a query string is a string with a pattern to zod).
 */

export interface TextOptions {
  /** Least length in characters; default 1. */
  readonly min?: number;
  /** Allow line feeds and tabs, as in a comment; carriage returns before line feeds are dropped. Default false. */
  readonly multiline?: boolean;
}

/**
 * A text field of at most `max` UTF-16 units (what `nvarchar(n)` counts). The text is kept as it came, spaces included, but
 * normalised to NFC so that equal names compare equal whatever keyboard they came from. Refused: unpaired surrogates and
 * control characters, for which no field of a part or a program has a use.
 */
export function text(max: number, { min = 1, multiline = false }: TextOptions = {}) {
  const control = multiline ? /[^\P{Cc}\n\t]/u : /\p{Cc}/u;
  return z
    .string()
    .max(max * 4, { error: tooLong(max), abort: true })
    .overwrite((value) => (multiline ? value.replaceAll('\r\n', '\n') : value).normalize('NFC'))
    .min(min, min === 1 ? 'must not be empty' : `must be at least ${min} characters`)
    .max(max, tooLong(max))
    .refine((value) => value.isWellFormed() && !control.test(value), 'must not contain control characters');
}

/** A code people type (`itemCode`, `routingCode`, …): a text without spaces at its ends. */
export function code(max: number) {
  return text(max).refine((value) => value.trim() === value, 'must not begin or end with a space');
}

/** An integer in a query string: decimal digits only. */
export function queryInteger(min: number, max: number) {
  return z
    .string()
    .regex(/^-?\d{1,15}$/, 'must be an integer')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({ wire: { type: 'integer', minimum: min, maximum: max } });
}

/** `true` or `false` in a query string. */
export function queryBoolean() {
  return z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true')
    .meta({ wire: { type: 'boolean' } });
}

const DATE_TIME = { offset: true, error: 'must be an ISO 8601 date and time such as 2026-01-31T08:00:00Z' };
const WIRE_DATE_TIME = { wire: { type: 'string', format: 'date-time' } };

/** An instant in a request: ISO 8601 with `Z` or an offset, read as a Date. */
export function instant() {
  return z.iso
    .datetime(DATE_TIME)
    .transform((value) => new Date(value))
    .meta(WIRE_DATE_TIME);
}

/** An instant in a response: a text as `Date.toISOString` writes it. */
export function timestamp() {
  return z.iso.datetime({ precision: 3 }).meta(WIRE_DATE_TIME);
}

/** The page size of a list. */
export function top(max: number, fallback: number) {
  return queryInteger(1, max)
    .default(fallback)
    .meta({ wire: { type: 'integer', minimum: 1, maximum: max, default: fallback } });
}

function tooLong(max: number): string {
  return `must be at most ${max} characters`;
}
