import { createHash, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { RsaKey } from './keys.ts';
import type { Role } from '../../shared/auth/roles.ts';

/** Who a token speaks for, and how long. */
export interface TokenSubject {
  /** Claim `sub`; for a workstation its name. */
  readonly subject: string;
  /** Claims `name` and `preferred_username`. */
  readonly name: string;
  /** Claim `azp`: the client that asked. */
  readonly clientId: string;
  readonly roles: readonly Role[];
  readonly lifetimeSeconds: number;
}

export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly signingKey: RsaKey;
  readonly now: () => Date;
}

/** The one directory of this issuer (claim `tid`). */
const TENANT_ID = '6d636d73-0000-4000-8000-000000000001';

/** Signs an access token with the claims of Entra's v2.0 tokens (learn.microsoft.com, "Access token claims reference"). */
export async function signAccessToken(issuer: TokenIssuer, subject: TokenSubject): Promise<string> {
  const issuedAtSeconds = Math.floor(issuer.now().getTime() / 1000);
  return new SignJWT({
    azp: subject.clientId,
    // "2": the client proved itself by a certificate.
    azpacr: '2',
    name: subject.name,
    oid: objectId(subject.subject),
    preferred_username: subject.name,
    roles: [...subject.roles],
    tid: TENANT_ID,
    uti: randomUUID(),
    ver: '2.0',
  })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: issuer.signingKey.publicJwk.kid })
    .setIssuer(issuer.issuer)
    .setAudience(issuer.audience)
    .setSubject(subject.subject)
    .setIssuedAt(issuedAtSeconds)
    .setNotBefore(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + subject.lifetimeSeconds)
    .sign(issuer.signingKey.privateKey);
}

/** The directory's id of a person or workstation: a GUID (RFC 9562 version 8), the same for the same name on every machine. */
export function objectId(name: string): string {
  const bytes = createHash('sha256').update(`${TENANT_ID} ${name}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
