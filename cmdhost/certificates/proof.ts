import { type JWTPayload, SignJWT } from 'jose';
import type { ClientKey } from './client-key.ts';
import { thumbprints } from './thumbprints.ts';

/** Who a proof of possession is for: https://learn.microsoft.com/graph/application-rollkey-prooftoken */
const AUDIENCE = '00000002-0000-0000-c000-000000000000';
const LIFE_SECONDS = 10 * 60;

/**
 * The proof that Microsoft Graph's addKey and removeKey want: a JWT signed by a key the application is known by, good for ten minutes.
 * @param objectId "Object ID" of the app registration
 */
export async function proofOfPossession(key: ClientKey, objectId: string, now: Date): Promise<string> {
  const nbf = Math.floor(now.getTime() / 1000);
  const claims: JWTPayload = { aud: AUDIENCE, iss: objectId, nbf, exp: nbf + LIFE_SECONDS };
  const names = key.certificate && thumbprints(key.certificate);
  const header = names ? { kid: names.sha1, x5t: names.x5t } : {};
  return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...header }).sign(key.privateKey);
}
