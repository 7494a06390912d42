import { readFile, rename } from 'node:fs/promises';
import { errorCode } from '../system-error.ts';
import { type KeyFiles, loadCertificate, nextOf, previousOf } from './client-key.ts';
import { replaceFile } from './files.ts';
import { thumbprints } from './thumbprints.ts';

/**
 * Puts the next generation in place and keeps the one before as `.previous`: the certificate first, then the key. At any moment the key
 * under its usual name has its certificate, under the usual name or as `.previous` (`loadClientKey` looks at both). May be done again after it broke off anywhere.
 * @param newThumbprint SHA-256 of the certificate that is to be in place
 */
export async function switchFiles(
  { privateKeyFile, certificateFile }: KeyFiles & { readonly certificateFile: string },
  newThumbprint: string,
): Promise<void> {
  const current = thumbprints(await loadCertificate(certificateFile)).sha256;
  if (current !== newThumbprint) {
    await keepPrevious(privateKeyFile, true);
    await keepPrevious(certificateFile, false);
    await rename(nextOf(certificateFile), certificateFile);
  }
  try {
    await rename(nextOf(privateKeyFile), privateKeyFile);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    // It was done by the try that broke off.
  }
}

async function keepPrevious(path: string, secret: boolean): Promise<void> {
  await replaceFile({ path: previousOf(path), content: await readFile(path, 'utf8'), secret, like: path });
}
