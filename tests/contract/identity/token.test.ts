import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, importPKCS8, jwtVerify } from 'jose';
import { readFile, stat } from 'node:fs/promises';
import * as openid from 'openid-client';
import { identityPaths } from '../../../local/identity/clients.ts';
import { AUDIENCE, SCOPE, startIssuerFixture, WORKSTATION, type IssuerFixture } from './issuer-fixture.ts';

let fixture: IssuerFixture;
beforeAll(async () => {
  fixture = await startIssuerFixture();
});
afterAll(() => fixture.close());

/** What the API does with a token: keys from the JWKS address, issuer and audience checked. */
function verifyAsApi(token: string) {
  return jwtVerify(token, createRemoteJWKSet(new URL(fixture.jwksUri)), {
    issuer: fixture.issuer,
    audience: AUDIENCE,
    algorithms: ['RS256'],
  });
}

describe('the issuer, through openid-client', () => {
  it('gives a workstation a token of its own with Mcms.CmdHost only', async () => {
    const config = await openid.discovery(
      new URL(fixture.issuer),
      WORKSTATION,
      undefined,
      openid.PrivateKeyJwt(await fixture.key(WORKSTATION)),
      { execute: [openid.allowInsecureRequests] },
    );
    const answer = await openid.clientCredentialsGrant(config, { scope: SCOPE });

    const { payload, protectedHeader } = await verifyAsApi(answer.access_token);
    expect(payload).toMatchObject({
      sub: WORKSTATION,
      azp: WORKSTATION,
      name: WORKSTATION,
      roles: ['Mcms.CmdHost'],
      ver: '2.0',
    });
    expect(protectedHeader.kid).toEqual(expect.any(String));
    expect(answer.expires_in).toBe(3600);
  });
});

describe('tokens for people', () => {
  it('carry the claims of an Entra v2.0 token, for the name, roles and lifetime asked', async () => {
    const answer = await fixture.postAs('mcms-cli', {
      roles: 'Mcms.Engineer,Mcms.Reader',
      name: 'engineer@mcms.local',
      lifetime_seconds: '120',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { payload } = await verifyAsApi(String(answer.body['access_token']));
    expect(payload).toMatchObject({
      iss: fixture.issuer,
      aud: AUDIENCE,
      sub: 'engineer@mcms.local',
      oid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      azp: 'mcms-cli',
      preferred_username: 'engineer@mcms.local',
      roles: ['Mcms.Engineer', 'Mcms.Reader'],
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(120);
    expect(payload.nbf).toBe(payload.iat);
  });

  it('give two names two object ids and the same name the same one', async () => {
    const oidOf = async (name: string) => {
      const answer = await fixture.postAs('mcms-cli', { roles: 'Mcms.Reader', name });
      return decodeJwt(String(answer.body['access_token']))['oid'];
    };
    expect(await oidOf('one@mcms.local')).toBe(await oidOf('one@mcms.local'));
    expect(await oidOf('one@mcms.local')).not.toBe(await oidOf('two@mcms.local'));
  });

  it.each([
    ['an unknown role', { roles: 'Mcms.Boss', name: 'x' }, /unknown role "Mcms\.Boss"; the roles are/],
    ['no role', { name: 'x' }, /roles is missing/],
    ['no name', { roles: 'Mcms.Reader' }, /name is missing/],
    ['a name with a line break', { roles: 'Mcms.Reader', name: 'a\nb' }, /printable/],
    ['a name of 129 characters', { roles: 'Mcms.Reader', name: 'x'.repeat(129) }, /1 to 128/],
    ['a lifetime of two days', { roles: 'Mcms.Reader', name: 'x', lifetime_seconds: '172800' }, /86400/],
    ['a lifetime that is no number', { roles: 'Mcms.Reader', name: 'x', lifetime_seconds: 'long' }, /86400/],
  ])('are refused for %s', async (_case, form, description) => {
    const { status, body } = await fixture.postAs('mcms-cli', form);
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request' });
    expect(body['error_description']).toMatch(description);
  });

  it('are not for a workstation to ask', async () => {
    const { status, body } = await fixture.postAs(WORKSTATION, { roles: 'Mcms.Admin', name: 'boss' });
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'unauthorized_client' });
  });
});

describe('keys', () => {
  it('stay the same over a restart: an older token still verifies', async () => {
    const answer = await fixture.postAs(WORKSTATION);
    await fixture.restart();
    await expect(verifyAsApi(String(answer.body['access_token']))).resolves.toBeDefined();
  });

  it('are readable by their owner only, and the JWKS carries no private part', async () => {
    const paths = identityPaths(fixture.stateDir);
    if (process.platform !== 'win32')
      for (const file of [paths.signingKey, paths.cliPrivateKey])
        expect((await stat(file)).mode & 0o777).toBe(0o600);
    const jwks = (await (await fetch(fixture.jwksUri)).json()) as { keys: object[] };
    expect(jwks.keys.map((key) => Object.keys(key).toSorted())).toEqual([
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ]);
    const own = await importPKCS8(await readFile(paths.signingKey, 'utf8'), 'RS256');
    expect(own.type).toBe('private');
  });
});
