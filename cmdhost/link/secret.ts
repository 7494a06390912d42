import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Whoever can read the work folder may talk to the agent, and be talked to by it. */
const secretFile = (workFolder: string): string => join(workFolder, 'link.secret');

/** Puts a new secret into place, readable by the agent's account alone (on Windows by whom the folder lets). */
export async function makeSecret(workFolder: string): Promise<Buffer> {
  const secret = randomBytes(32);
  const file = secretFile(workFolder);
  await rm(`${file}.tmp`, { force: true });
  await writeFile(`${file}.tmp`, secret.toString('hex'), { mode: 0o600, flag: 'wx' });
  await rename(`${file}.tmp`, file);
  return secret;
}

/** The secret of the agent that used the folder last. @throws {Error} of the system */
export async function readSecret(workFolder: string): Promise<Buffer> {
  return Buffer.from((await readFile(secretFile(workFolder), 'utf8')).trim(), 'hex');
}

export type Side = 'server' | 'client';

export interface Challenge {
  readonly role: string;
  readonly clientNonce: string;
  readonly serverNonce: string;
}

/** What shows that `side` knows the secret, good for this one connection. */
export function proofOf(secret: Buffer, side: Side, challenge: Challenge): string {
  const { role, clientNonce, serverNonce } = challenge;
  return createHmac('sha256', secret)
    .update(JSON.stringify([side, role, clientNonce, serverNonce]))
    .digest('hex');
}

export function isSameProof(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
