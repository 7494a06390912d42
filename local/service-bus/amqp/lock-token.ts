import { randomUUID } from 'node:crypto';

/**
 * A lock token is 16 bytes, kept here as the hex of the delivery tag. The SDK shows the tag in GUID order (the first three
 * groups byte-swapped) and sends that order back in management requests.
 */
export function newLockToken(): string {
  return randomUUID().replaceAll('-', '');
}

export function tagOfToken(token: string): Buffer {
  return Buffer.from(token, 'hex');
}

export function tokenOfTag(tag: Buffer | string): string {
  return Buffer.from(tag).toString('hex');
}

/** The token in a management request, whose bytes stand in the order of the GUID's string. */
export function tokenOfUuid(uuid: Buffer): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Buffer.from(order.map((index) => uuid[index] ?? 0)).toString('hex');
}
