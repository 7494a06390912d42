import { X509Certificate } from 'node:crypto';
import { rm, stat } from 'node:fs/promises';
import type { CmdhostConfig } from '../../shared/config/cmdhost.ts';
import { createFile } from './files.ts';
import { makeCertificate } from './make-certificate.ts';
import { type Thumbprints, thumbprints } from './thumbprints.ts';

export interface EnrollOptions {
  readonly config: CmdhostConfig;
  /** Default `CN=<workstation>`. */
  readonly subject: string | undefined;
  readonly days: number;
  readonly now: Date;
}

export interface Enrolled {
  readonly privateKeyFile: string;
  readonly certificateFile: string;
  readonly expiresAt: Date;
  readonly thumbprints: Thumbprints;
}

/**
 * Makes the workstation's first key and certificate at the places the configuration names.
 * @throws {Error} in a sentence when either file is there already: what a directory knows is never overwritten
 */
export async function enroll({ config, subject, days, now }: EnrollOptions): Promise<Enrolled> {
  const { privateKeyFile, certificateFile } = config.identity;
  if (!certificateFile)
    throw new Error('identity.certificateFile is missing: name the file the certificate goes to');
  for (const path of [privateKeyFile, certificateFile])
    if (await exists(path))
      throw new Error(`${path} exists and is never overwritten; cmdhost rotate replaces a certificate`);
  const made = await makeCertificate({ subject: subject ?? config.workstation, days, now });
  await createFile({ path: privateKeyFile, content: made.privateKeyPem, secret: true });
  try {
    await createFile({ path: certificateFile, content: made.certificatePem, secret: false });
  } catch (error) {
    // A key without its certificate would stand in the way of the next try, and nobody knows it yet.
    await rm(privateKeyFile, { force: true });
    throw error;
  }
  const certificate = new X509Certificate(made.certificatePem);
  return {
    privateKeyFile,
    certificateFile,
    expiresAt: certificate.validToDate,
    thumbprints: thumbprints(certificate),
  };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
