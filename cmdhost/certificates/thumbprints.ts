import type { X509Certificate } from 'node:crypto';

/** The names under which a directory knows a certificate. */
export interface Thumbprints {
  /** SHA-1 in hexadecimal, what the Entra admin centre shows as "thumbprint". */
  readonly sha1: string;
  /** SHA-1 as `x5t` of a JWT header (base64url). */
  readonly x5t: string;
  /** SHA-256 in hexadecimal. */
  readonly sha256: string;
  /** SHA-256 as `x5t#S256` of a JWT header (base64url). */
  readonly x5tS256: string;
}

export function thumbprints(certificate: X509Certificate): Thumbprints {
  const sha1 = certificate.fingerprint.replaceAll(':', '');
  const sha256 = certificate.fingerprint256.replaceAll(':', '');
  return { sha1, x5t: base64url(sha1), sha256, x5tS256: base64url(sha256) };
}

function base64url(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64url');
}
