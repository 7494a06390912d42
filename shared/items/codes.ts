import { z } from 'zod';
import { text } from '../http/fields.ts';

/**
 * A code that names a thing in addresses: letters and digits of any script, `.`, `_` and `-`, beginning with a letter or digit. No
 * slash and no space, so that it is one segment of a path as it stands. Kept as given.
 */
export function identifyingCode(max: number) {
  return text(max).regex(
    /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]*$/u,
    'must be letters, digits, ".", "_" or "-", beginning with a letter or digit',
  );
}

export const itemCode = identifyingCode(64);
export const revisionCode = identifyingCode(16);

/** Free text that may be left out; null or an empty text clears it. */
export function optionalText(max: number) {
  return z
    .union([z.null(), text(max, { min: 0, multiline: true })])
    .transform((value) => (value === '' ? null : value))
    .optional();
}
