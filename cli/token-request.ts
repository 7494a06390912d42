import { createPrivateKey, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as openid from 'openid-client';
import type { StackFile } from './stack-file.ts';

export interface TokenRequest {
  readonly roles: readonly string[];
  readonly name: string;
  readonly minutes: number;
}

/** A bearer token of the running stack's issuer. @throws when it does not answer, or refuses (`openid.ResponseBodyError`) */
export async function requestToken(stack: StackFile, request: TokenRequest): Promise<string> {
  const { clientId, privateKeyFile } = stack.tokenClient;
  const key = await importPrivateKey(await readFile(privateKeyFile, 'utf8'));
  const config = await openid.discovery(
    new URL(stack.issuer),
    clientId,
    undefined,
    openid.PrivateKeyJwt(key),
    // The local issuer is plain HTTP on 127.0.0.1.
    { execute: [openid.allowInsecureRequests], timeout: 10 },
  );
  const answer = await openid.clientCredentialsGrant(config, {
    scope: `${stack.audience}/.default`,
    roles: request.roles.join(','),
    name: request.name,
    lifetime_seconds: String(request.minutes * 60),
  });
  return answer.access_token;
}

function importPrivateKey(pem: string): Promise<openid.CryptoKey> {
  const pkcs8 = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', pkcs8, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, [
    'sign',
  ]);
}
