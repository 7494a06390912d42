const MAX_SLOT = 0xfff;
const MAX_RECORD = 2 ** 48;

/**
 * The id of a row that a record of a file makes: the same whenever that file is imported, so that a repetition finds what is there.
 * `slot` tells the rows of one record apart (0–4095). It is a UUID of version 8: 60 bits of the file's digest, then slot and record
 * number at the end, where both engines look for the order of their index: ids of one file are appended to it, not strewn over it.
 */
export function derivedId(fileDigest: string, record: number, slot = 0): string {
  if (slot > MAX_SLOT || record >= MAX_RECORD)
    throw new RangeError(`no id for record ${record}, slot ${slot}`);
  const part = (start: number, end: number): string => fileDigest.slice(start, end);
  const slotText = slot.toString(16).padStart(3, '0');
  return `${part(0, 8)}-${part(8, 12)}-8${part(12, 15)}-8${slotText}-${record.toString(16).padStart(12, '0')}`;
}
