import { createHmac } from 'node:crypto';
import { type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type CryptoKey,
  type JWK,
  type JWTPayload,
  SignJWT,
  exportJWK,
  exportSPKI,
  generateKeyPair,
} from 'jose';
import { AppError } from '../errors.ts';
import { createJwtAuthenticator } from './jwt.ts';
import type { Authenticator, Principal } from './principal.ts';
import { createSigningKeys } from './signing-keys.ts';

const ISSUER = 'https://login.example/tenant/v2.0';
const AUDIENCE = 'api://mcms';
const NOW_MS = Date.parse('2026-11-20T08:00:00Z');
const nowSeconds = NOW_MS / 1000;

interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

let rsa: SigningKey;
let ec: SigningKey;
let stranger: SigningKey;

beforeAll(async () => {
  rsa = await makeKey('RS256', 'rsa-1');
  ec = await makeKey('ES256', 'ec-1');
  stranger = await makeKey('RS256', 'rsa-1');
});

async function makeKey(alg: string, kid: string): Promise<SigningKey> {
  const pair = await generateKeyPair(alg, { extractable: true });
  return { ...pair, jwk: { ...(await exportJWK(pair.publicKey)), kid, alg, use: 'sig' } };
}

/** The issuer's JWKS address: counts its readers, and can be told to fail. */
class JwksServer {
  keys: JWK[] = [];
  reads = 0;
  status = 200;
  readonly #server: Server = createServer((_request, response) => {
    this.reads++;
    response.writeHead(this.status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: this.keys }));
  });

  async start(): Promise<URL> {
    const listening = Promise.withResolvers<void>();
    this.#server.listen(0, '127.0.0.1', listening.resolve);
    await listening.promise;
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/jwks`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}

let jwks: JwksServer;
let jwksUri: URL;
let nowMs: number;
let authenticator: Authenticator;
const clock = { now: () => new Date(nowMs) };

beforeEach(async () => {
  nowMs = NOW_MS;
  jwks = new JwksServer();
  jwks.keys = [rsa.jwk, ec.jwk];
  jwksUri = await jwks.start();
  authenticator = createJwtAuthenticator({ issuer: ISSUER, audience: AUDIENCE, jwksUri, clock });
});

afterEach(() => jwks.stop());

const claims = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'sub-1',
  iat: nowSeconds - 60,
  exp: nowSeconds + 3600,
  roles: ['Mcms.Engineer'],
};

function sign(payload: JWTPayload, { key = rsa, alg = 'RS256', kid = 'rsa-1' } = {}): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg, kid }).sign(key.privateKey);
}

async function authenticate(payload: JWTPayload): Promise<Principal> {
  return await authenticator.authenticate(`Bearer ${await sign(payload)}`);
}

async function refusal(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof AppError) return error;
  throw new Error('the token was not refused', { cause: error });
}

function handMade(header: object, payload: object, signature: (input: string) => string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const input = `${part(header)}.${part(payload)}`;
  return `Bearer ${input}.${signature(input)}`;
}

describe('a good token', () => {
  it.each([
    ['RS256', () => rsa, 'rsa-1'],
    ['ES256', () => ec, 'ec-1'],
  ])('signed with %s is taken', async (alg, key, kid) => {
    const token = await sign(claims, { key: key(), alg, kid });
    const principal = await authenticator.authenticate(`bearer ${token}`);
    expect(principal).toMatchObject({ subject: 'sub-1', kind: 'user' });
    expect(principal.roles.has('Mcms.Reader')).toBe(true);
  });

  it.each<[string, JWTPayload, Partial<Principal>]>([
    [
      'a person',
      { oid: 'oid-1', preferred_username: 'kim@shop.example', name: 'Kim' },
      { subject: 'oid-1', name: 'kim@shop.example', kind: 'user' },
    ],
    ['a person without a user name', { name: 'Kim', azp: 'web' }, { name: 'Kim', kind: 'user' }],
    ['a service', { azp: 'nightly-export' }, { subject: 'sub-1', name: 'nightly-export', kind: 'service' }],
    [
      'a service of an older endpoint',
      { appid: 'app-7', app_displayname: 'ERP' },
      { name: 'ERP', kind: 'service' },
    ],
    ['a service that says so', { idtyp: 'app', name: 'ERP' }, { name: 'ERP', kind: 'service' }],
    ['a workstation', { azp: 'ws-01', roles: ['Mcms.CmdHost'] }, { name: 'ws-01', kind: 'workstation' }],
    [
      'a token with odd claims',
      { preferred_username: 7, name: '', oid: null },
      { subject: 'sub-1', name: 'sub-1' },
    ],
  ])('of %s becomes a principal', async (_who, extra, expected) => {
    expect(await authenticate({ ...claims, ...extra })).toMatchObject(expected);
  });

  it('may be out by less than the clock tolerance', async () => {
    await authenticate({ ...claims, exp: nowSeconds - 20 });
    await authenticate({ ...claims, nbf: nowSeconds + 20 });
  });

  it('costs one read of the keys for many calls', async () => {
    await Promise.all([authenticate(claims), authenticate(claims), authenticate(claims)]);
    await authenticate(claims);
    expect(jwks.reads).toBe(1);
  });
});

describe('no token', () => {
  it.each([undefined, '', 'Bearer', 'Bearer ', 'Basic dTpw', 'Bearer a b', 'token abc'])(
    '%j is a 401',
    async (header) => {
      const error = await refusal(authenticator.authenticate(header));
      expect(error).toMatchObject({ httpStatus: 401, code: 'token-missing' });
      expect(error.httpHeaders).toEqual({ 'WWW-Authenticate': 'Bearer realm="mcms"' });
      expect(jwks.reads).toBe(0);
    },
  );
});

describe('a bad token is a 401 that says why', () => {
  it.each<[string, JWTPayload, string, string]>([
    ['expired', { exp: nowSeconds - 31 }, 'token-expired', 'The token has expired.'],
    ['not valid yet', { nbf: nowSeconds + 31 }, 'token-invalid', 'The token is not valid yet.'],
    ['without expiry', { exp: undefined }, 'token-invalid', 'The token carries no expiry.'],
    ['without subject', { sub: undefined }, 'token-invalid', 'The token carries no subject.'],
    [
      'of another issuer',
      { iss: 'https://evil.example' },
      'token-invalid',
      'The token comes from another issuer.',
    ],
    [
      'of an issuer with a slash more',
      { iss: `${ISSUER}/` },
      'token-invalid',
      'The token comes from another issuer.',
    ],
    [
      'for another audience',
      { aud: 'api://other' },
      'token-invalid',
      'The token is meant for another audience.',
    ],
    ['without audience', { aud: undefined }, 'token-invalid', 'The token is meant for another audience.'],
  ])('%s', async (_what, change, code, message) => {
    const error = await refusal(authenticate({ ...claims, ...change }));
    expect(error).toMatchObject({ httpStatus: 401, code, message });
    expect(error.httpHeaders?.['WWW-Authenticate']).toBe(
      `Bearer realm="mcms", error="invalid_token", error_description="${message}"`,
    );
  });

  const forged: [string, () => Promise<string>][] = [
    [
      'signed by a stranger with a known key id',
      async () => `Bearer ${await sign(claims, { key: stranger })}`,
    ],
    ['with an unknown key id', async () => `Bearer ${await sign(claims, { key: stranger, kid: 'other' })}`],
    ['with algorithm none', async () => handMade({ alg: 'none' }, claims, () => '')],
    ['with algorithm NoNe', async () => handMade({ alg: 'NoNe', kid: 'rsa-1' }, claims, () => 'AAAA')],
    [
      'signed by HMAC with the public key as secret',
      async () => {
        const secret = await exportSPKI(rsa.publicKey);
        const header = { alg: 'HS256', kid: 'rsa-1' };
        return handMade(header, claims, (input) =>
          createHmac('sha256', secret).update(input).digest('base64url'),
        );
      },
    ],
    [
      'with its payload changed',
      async () => {
        const [header, , signature] = (await sign(claims)).split('.');
        const payload = Buffer.from(JSON.stringify({ ...claims, roles: ['Mcms.Admin'] })).toString(
          'base64url',
        );
        return `Bearer ${header}.${payload}.${signature}`;
      },
    ],
    [
      'that brings its own key',
      async () => handMade({ alg: 'RS256', kid: 'x', jwk: stranger.jwk }, claims, () => 'AAAA'),
    ],
    [
      'that wants a critical extension',
      async () => handMade({ alg: 'RS256', crit: ['x'], x: 1 }, claims, () => 'AAAA'),
    ],
    ['that is no JWT', async () => 'Bearer rubbish'],
    ['of three empty parts', async () => 'Bearer ..'],
    ['that is very long', async () => `Bearer ${'a'.repeat(100_000)}`],
  ];

  it.each(forged)('%s', async (_what, make) => {
    const error = await refusal(authenticator.authenticate(await make()));
    expect(error).toMatchObject({
      httpStatus: 401,
      code: 'token-invalid',
      message: 'The token is not valid.',
    });
  });
});

describe('when the keys cannot be read', () => {
  it.each([500, 404, 302])('a first answer of %i is a 503, for the token may be good', async (status) => {
    jwks.status = status;
    const error = await refusal(authenticate(claims));
    expect(error).toMatchObject({ httpStatus: 503, code: 'signing-keys-unavailable', retryAfterSeconds: 5 });
  });

  it('a silent address is a 503', async () => {
    await jwks.stop();
    expect(await refusal(authenticate(claims))).toMatchObject({ httpStatus: 503 });
  });

  it('something other than keys is a 503', async () => {
    jwks.keys = ['nonsense' as unknown as JWK];
    expect(await refusal(authenticate(claims))).toMatchObject({ httpStatus: 503 });
  });

  it('keys already known go on serving, with one try per back-off', async () => {
    const signingKeys = createSigningKeys(jwksUri, { clock, cacheMaxAgeMs: 0, cooldownMs: 0 });
    authenticator = createJwtAuthenticator({
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri,
      clock,
      signingKeys,
    });
    await authenticate(claims);
    jwks.status = 500;
    const before = jwks.reads;
    await authenticate(claims);
    await authenticate(claims);
    expect(jwks.reads).toBe(before + 1);

    const newKey = await sign(claims, { key: stranger, kid: 'new' });
    expect(await refusal(authenticator.authenticate(`Bearer ${newKey}`))).toMatchObject({ httpStatus: 503 });
    const forgedToken = await sign(claims, { key: stranger });
    expect(await refusal(authenticator.authenticate(`Bearer ${forgedToken}`))).toMatchObject({
      httpStatus: 401,
    });

    nowMs += 10_000;
    jwks.status = 200;
    jwks.keys = [{ ...stranger.jwk, kid: 'new' }];
    expect(await authenticator.authenticate(`Bearer ${newKey}`)).toMatchObject({ subject: 'sub-1' });
  });
});

it('a new key is found once the cool-down is over', async () => {
  const signingKeys = createSigningKeys(jwksUri, { clock, cooldownMs: 0 });
  authenticator = createJwtAuthenticator({ issuer: ISSUER, audience: AUDIENCE, jwksUri, clock, signingKeys });
  await authenticate(claims);
  jwks.keys = [{ ...stranger.jwk, kid: 'next' }];
  const token = await sign(claims, { key: stranger, kid: 'next' });
  expect(await authenticator.authenticate(`Bearer ${token}`)).toMatchObject({ subject: 'sub-1' });
});
