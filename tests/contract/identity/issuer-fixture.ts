import { webcrypto } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importPKCS8, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { CLI_CLIENT_ID, identityPaths, registerClient } from '../../../local/identity/clients.ts';
import { startIssuer } from '../../../local/identity/issuer.ts';

export const AUDIENCE = 'api://mcms';
export const SCOPE = `${AUDIENCE}/.default`;
export const WORKSTATION = 'WS-01';
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** An answer of the token endpoint as it came over the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** The issuer on a port of the system's choice with a workstation registered, and a clock that tests move. */
export interface IssuerFixture {
  readonly stateDir: string;
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  readonly clock: { now: Date };
  /** The private key of a registered client. */
  key(clientId: string): Promise<CryptoKey>;
  /** A valid assertion of the client, with `claims` laid over it. */
  assertion(clientId: string, claims?: JWTPayload, key?: CryptoKey): Promise<string>;
  /** Posts a form as given; an undefined value is left out. */
  post(form: Record<string, string | undefined>, headers?: Record<string, string>): Promise<WireAnswer>;
  /** A complete, valid request of the workstation with `form` laid over it. */
  postAs(clientId: string, form?: Record<string, string | undefined>): Promise<WireAnswer>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startIssuerFixture(): Promise<IssuerFixture> {
  const stateDir = await mkdtemp(join(tmpdir(), 'mcms-identity-'));
  const keyFiles: Record<string, string> = {
    [CLI_CLIENT_ID]: identityPaths(stateDir).cliPrivateKey,
    [WORKSTATION]: join(stateDir, 'cmdhost-1', 'client-key.pem'),
  };
  await registerClient(
    stateDir,
    { clientId: WORKSTATION, grants: { kind: 'application', roles: ['Mcms.CmdHost'] } },
    keyFiles[WORKSTATION] ?? '',
  );
  const clock = { now: new Date() };
  const start = (port: number) => startIssuer({ port, stateDir, audience: AUDIENCE, now: () => clock.now });
  let service = await start(0);
  const { issuer, tokenEndpoint, jwksUri, port } = service.facts as Record<string, string>;
  if (!issuer || !tokenEndpoint || !jwksUri) throw new Error('the issuer names no addresses');

  const key = async (clientId: string) =>
    importPKCS8(await readFile(keyFiles[clientId] ?? '', 'utf8'), 'RS256', { extractable: true });

  const assertion = async (clientId: string, claims: JWTPayload = {}, signingKey?: CryptoKey) => {
    const nowSeconds = Math.floor(clock.now.getTime() / 1000);
    const standard = { iss: clientId, sub: clientId, aud: tokenEndpoint, jti: webcrypto.randomUUID() };
    return new SignJWT({ ...standard, iat: nowSeconds, exp: nowSeconds + 300, ...claims })
      .setProtectedHeader({ alg: 'RS256' })
      .sign(signingKey ?? (await key(clientId)));
  };

  const post = async (form: Record<string, string | undefined>, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams();
    for (const [name, value] of Object.entries(form)) if (value !== undefined) body.append(name, value);
    const response = await fetch(tokenEndpoint, { method: 'POST', body, headers });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    };
  };

  return {
    stateDir,
    issuer,
    tokenEndpoint,
    jwksUri,
    clock,
    key,
    assertion,
    post,
    postAs: async (clientId, form = {}) =>
      post({
        grant_type: 'client_credentials',
        scope: SCOPE,
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await assertion(clientId),
        ...form,
      }),
    restart: async () => {
      await service.stop();
      service = await start(Number(port));
    },
    close: async () => {
      await service.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
