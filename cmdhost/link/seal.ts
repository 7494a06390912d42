import { createHmac, hkdfSync } from 'node:crypto';
import { type Challenge, isSameProof, type Side } from './secret.ts';

/** SHA-256 in hexadecimal digits. */
export const MAC_LENGTH = 64;

/**
 * What the lines of one connection carry after its handshake, so that nobody between the two sides can add, change, repeat, leave out
 * or reorder any: before the text an HMAC over who says it, how many were said before, and the text. It hides nothing.
 */
export interface Seal {
  /** The next text of this side, as it goes over the line. */
  seal(text: string): string;
  /** The text of the other side's next line. @throws {SealError} when that is not what it said next in this connection */
  open(line: string): string;
}

export class SealError extends Error {
  override readonly name = 'SealError';
}

/** The key is that of the connection: drawn from the secret and from both sides' fresh numbers. */
export function createSeal(secret: Buffer, side: Side, challenge: Challenge): Seal {
  const { role, clientNonce, serverNonce } = challenge;
  const salt = Buffer.from(clientNonce + serverNonce, 'hex');
  const key = Buffer.from(hkdfSync('sha256', secret, salt, `mcms-cmdhost lines of ${role}`, 32));
  const macOf = (by: Side, count: number, text: string): string =>
    createHmac('sha256', key).update(`${by} ${count} ${text}`).digest('hex');
  const other = side === 'server' ? 'client' : 'server';
  let sent = 0;
  let received = 0;
  return {
    seal: (text) => macOf(side, sent++, text) + text,
    open: (line) => {
      const text = line.slice(MAC_LENGTH);
      if (!isSameProof(line.slice(0, MAC_LENGTH), macOf(other, received++, text)))
        throw new SealError('the line is not the next one of the other side');
      return text;
    },
  };
}
