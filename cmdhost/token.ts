import type { TokenCredential } from '@azure/service-bus';
import * as oauth from 'openid-client';
import type { CmdhostConfig } from '../shared/config/cmdhost.ts';
import { type Clock, systemClock } from '../shared/time/clock.ts';
import { keyFilesStamp, loadClientKey } from './certificates/client-key.ts';
import { thumbprints } from './certificates/thumbprints.ts';
import { type RetryPolicy, retry } from './retry.ts';

/** A token is renewed this long before its end, or after half its life if that is shorter. */
const RENEW_BEFORE_MS = 5 * 60_000;
const REQUEST_TIMEOUT_SECONDS = 10;
const POLICY: RetryPolicy = { firstDelayMs: 200, factor: 3, maxDelayMs: 2_000, attempts: 3 };

type AccessToken = NonNullable<Awaited<ReturnType<TokenCredential['getToken']>>>;

interface Cached {
  readonly token: AccessToken;
  readonly renewAtMs: number;
}

export interface AgentCredential extends TokenCredential {
  /** The tokens held are refused by who they are for: the next call fetches a new one. */
  forget(): void;
}

/**
 * Tokens of the workstation's own identity by the client-credentials grant (RFC 6749 section 4.4) with a signed assertion
 * (`private_key_jwt`), for MCMS.Api and for Service Bus alike. Kept until shortly before they end; a failure to renew one that is
 * still good goes unnoticed until it ends. Key and certificate are read again once their files have changed, so a rotation needs no
 * restart.
 */
export async function createTokenCredential(
  identity: CmdhostConfig['identity'],
  clock: Clock = systemClock,
): Promise<AgentCredential> {
  const server = await reloading(identity);
  const cache = new Map<string, Cached>();
  const pending = new Map<string, Promise<AccessToken>>();

  const renew = async (scope: string): Promise<AccessToken> => {
    const answer = await retry(async () => oauth.clientCredentialsGrant(await server(), { scope }), {
      policy: POLICY,
      signal: new AbortController().signal,
      isTransient,
    });
    const lifeMs = (answer.expires_in ?? 300) * 1000;
    const token = { token: answer.access_token, expiresOnTimestamp: clock.now().getTime() + lifeMs };
    const renewAtMs = token.expiresOnTimestamp - Math.min(RENEW_BEFORE_MS, lifeMs / 2);
    cache.set(scope, { token, renewAtMs });
    return token;
  };

  return {
    forget: () => cache.clear(),
    async getToken(scopes) {
      const scope = typeof scopes === 'string' ? scopes : scopes.join(' ');
      const cached = cache.get(scope);
      if (cached && clock.now().getTime() < cached.renewAtMs) return cached.token;
      const renewal = pending.get(scope) ?? renew(scope).finally(() => pending.delete(scope));
      pending.set(scope, renewal);
      try {
        return await renewal;
      } catch (error) {
        if (cached && clock.now().getTime() < cached.token.expiresOnTimestamp) return cached.token;
        throw error;
      }
    },
  };
}

/** The configuration, made anew when the files have changed; the one at hand stays when the new files cannot be used yet. */
async function reloading(identity: CmdhostConfig['identity']): Promise<() => Promise<oauth.Configuration>> {
  // Before the files are read: a change in between is seen at the next request.
  let stamp = await keyFilesStamp(identity).catch(() => '');
  let server = await configure(identity);
  return async () => {
    const found = await keyFilesStamp(identity).catch(() => stamp);
    if (found === stamp) return server;
    try {
      server = await configure(identity);
      stamp = found;
    } catch {
      // Seen in the middle of a rotation: the key held still proves the same identity, and the next request looks again.
    }
    return server;
  };
}

async function configure(identity: CmdhostConfig['identity']): Promise<oauth.Configuration> {
  const { tokenEndpoint, clientId } = identity;
  const { privateKey, certificate } = await loadClientKey(identity);
  // Entra ID names the certificate by its thumbprint and asks for PSS with it:
  // https://learn.microsoft.com/entra/identity-platform/certificate-credentials
  const algorithm = certificate ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5';
  const key = privateKey.toCryptoKey({ name: algorithm, hash: 'SHA-256' }, false, ['sign']);
  const authentication = oauth.PrivateKeyJwt(key, {
    [oauth.modifyAssertion]: (header, payload) => {
      payload['aud'] = tokenEndpoint;
      if (certificate) header['x5t#S256'] = thumbprints(certificate).x5tS256;
    },
  });
  const issuer = new URL(tokenEndpoint).origin;
  const server = new oauth.Configuration(
    { issuer, token_endpoint: tokenEndpoint },
    clientId,
    undefined,
    authentication,
  );
  server.timeout = REQUEST_TIMEOUT_SECONDS;
  // The configuration takes plain HTTP for this machine only.
  if (tokenEndpoint.startsWith('http://')) oauth.allowInsecureRequests(server);
  return server;
}

/** The issuer's refusal is final; an answer of 5xx or 429, or none at all, is not. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof oauth.ResponseBodyError)) return true;
  return error.status >= 500 || error.status === 429;
}
