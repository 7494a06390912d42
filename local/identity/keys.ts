import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { OWNER_ONLY, isNotFound, writeFileAtomic } from '../state-file.ts';

const generate = promisify(generateKeyPair);

/** An RSA key, with its public half as JWKS entry. `kid` is the RFC 7638 thumbprint, so it stays the same over restarts. */
export interface RsaKey {
  readonly privateKey: KeyObject;
  readonly publicJwk: JWK & { kid: string };
}

/**
 * The RSA key in `file` (PKCS #8, PEM, readable by its owner only); made when the file does not exist yet.
 * @throws when the file holds no private key: it is not replaced, since what it signed would become worthless
 */
export async function loadOrCreateKey(file: string): Promise<RsaKey> {
  const pem = (await readPem(file)) ?? (await createPem(file));
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey(pem);
  } catch (cause) {
    throw new Error(`${file} holds no private key; delete it to have a new one made`, { cause });
  }
  const { kty, n, e } = await exportJWK(privateKey);
  const publicPart = { kty, n, e };
  const kid = await calculateJwkThumbprint(publicPart);
  return { privateKey, publicJwk: { ...publicPart, kid, use: 'sig', alg: 'RS256' } };
}

async function readPem(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function createPem(file: string): Promise<string> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await writeFileAtomic(file, pem, OWNER_ONLY);
  return pem;
}
