const CONVENTION = /^(\d{6})-[0-9a-f]{16}$/;

/**
 * Block ids are base64 of `<6-digit index>-<first 16 hex digits of the block's SHA-256>`: an upload that is taken up again finds out
 * what is there, and whether it is the same. The index that an id carries; null for another client's own ids.
 */
export function blockIndex(blockId: string): number | null {
  const [, index] = CONVENTION.exec(Buffer.from(blockId, 'base64').toString('latin1')) ?? [];
  return index === undefined ? null : Number(index);
}

/** Orders ids by what they encode. Their base64 does not sort alike: its alphabet begins with letters, ASCII with digits. */
export function compareBlockIds(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'base64'), Buffer.from(b, 'base64'));
}
