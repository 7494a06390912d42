import type { X509Certificate } from 'node:crypto';
import { type KeyFiles, loadCertificate, loadClientKey } from '../certificates/client-key.ts';
import { thumbprints } from '../certificates/thumbprints.ts';
import { about, type Finding } from './finding.ts';

const found = about('certificate');
const DAY_MS = 86_400_000;
const SOON_DAYS = 30;

/** The certificate belongs to the key and is valid today. */
export async function checkCertificate(files: KeyFiles, now: Date): Promise<Finding[]> {
  const { certificateFile } = files;
  if (!certificateFile)
    return [
      found.warning(
        'none is configured: only a local issuer takes a bare key',
        'for Entra ID set identity.certificateFile and run cmdhost enroll',
      ),
    ];
  let certificate: X509Certificate;
  try {
    certificate = await loadCertificate(certificateFile);
  } catch (error) {
    return [found.problem(sentence(error), 'cmdhost enroll makes it together with its key')];
  }
  return [await checkPair(files), checkDates(certificate, now)];
}

async function checkPair(files: KeyFiles): Promise<Finding> {
  try {
    const { certificate } = await loadClientKey(files);
    const sha1 = certificate ? thumbprints(certificate).sha1 : '';
    return found.ok(`belongs to the private key, thumbprint ${sha1}`);
  } catch (error) {
    return found.problem(
      sentence(error),
      'restore the two that belong together (cmdhost rotate keeps *.previous)',
    );
  }
}

/** @param now for the remaining days */
export function checkDates(
  { validFromDate, validToDate }: Pick<X509Certificate, 'validFromDate' | 'validToDate'>,
  now: Date,
): Finding {
  const days = Math.floor((validToDate.getTime() - now.getTime()) / DAY_MS);
  const until = validToDate.toISOString().slice(0, 10);
  if (now < validFromDate)
    return found.problem(
      `valid only from ${validFromDate.toISOString()}`,
      'is the clock of this workstation right?',
    );
  if (now > validToDate)
    return found.problem(
      `ended on ${until}`,
      'move the old files away, run cmdhost enroll and upload the new certificate in the Entra admin centre',
    );
  if (days < SOON_DAYS)
    return found.warning(
      `ends on ${until}, in ${days} days`,
      'run cmdhost rotate, and schedule it with --if-expires-within 30d',
    );
  return found.ok(`valid until ${until}, ${days} days`);
}

function sentence(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
