import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { errorCode } from '../system-error.ts';

export type KeyFiles = Pick<CmdhostConfig['identity'], 'privateKeyFile' | 'certificateFile'>;

export interface ClientKey {
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate | undefined;
}

/** Where a rotation keeps the generation before, and the one to come. */
export const previousOf = (file: string): string => `${file}.previous`;
export const nextOf = (file: string): string => `${file}.next`;

/**
 * The key that proves who this workstation is, with its certificate. A rotation exchanges two files, the certificate first: if it
 * broke off in between, the certificate that belongs to the key is the previous one.
 * @throws {Error} in a sentence when a file cannot be read or the two do not belong together
 */
export async function loadClientKey({ privateKeyFile, certificateFile }: KeyFiles): Promise<ClientKey> {
  const privateKey = await parse(privateKeyFile, 'an RSA private key (PKCS #8, PEM)', createPrivateKey);
  if (!certificateFile) return { privateKey, certificate: undefined };
  for (const file of [certificateFile, previousOf(certificateFile)]) {
    const certificate = await loadCertificate(file).catch((error: unknown) => {
      if (file !== certificateFile) return undefined;
      throw error;
    });
    if (certificate?.checkPrivateKey(privateKey)) return { privateKey, certificate };
  }
  throw new Error(`${certificateFile} is not the certificate of the key in ${privateKeyFile}`);
}

export async function loadCertificate(file: string): Promise<X509Certificate> {
  return parse(file, 'a certificate (PEM)', (text) => new X509Certificate(text));
}

/** Changes whenever one of the files does: what a running agent looks at before it asks for a token. */
export async function keyFilesStamp({ privateKeyFile, certificateFile }: KeyFiles): Promise<string> {
  const stamps = [privateKeyFile, certificateFile ?? []].flat().map(async (file) => {
    const { mtimeMs, size, ino } = await stat(file);
    return `${ino}:${size}:${mtimeMs}`;
  });
  return (await Promise.all(stamps)).join(' ');
}

async function parse<T>(file: string, what: string, read: (text: string) => T): Promise<T> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new Error(errorCode(cause) === 'ENOENT' ? `${file} does not exist` : `${file} cannot be read`, {
      cause,
    });
  }
  try {
    return read(text);
  } catch (cause) {
    throw new Error(`${file} holds no ${what.replace(/^an? /, '')}`, { cause });
  }
}
