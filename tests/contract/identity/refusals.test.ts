import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { generateKeyPair, UnsecuredJWT } from 'jose';
import { startIssuerFixture, WORKSTATION, type IssuerFixture } from './issuer-fixture.ts';

let fixture: IssuerFixture;
beforeAll(async () => {
  fixture = await startIssuerFixture();
});
afterAll(() => fixture.close());

const nowSeconds = () => Math.floor(fixture.clock.now.getTime() / 1000);

describe('a client assertion', () => {
  it('is good once: the same one again is refused', async () => {
    const assertion = await fixture.assertion(WORKSTATION);
    const first = await fixture.postAs(WORKSTATION, { client_assertion: assertion });
    const second = await fixture.postAs(WORKSTATION, { client_assertion: assertion });
    expect(first.status).toBe(200);
    expect(second).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(second.body['error_description']).toMatch(/used before/);
  });

  it('is good once even when both requests come at the same time', async () => {
    const assertion = await fixture.assertion(WORKSTATION);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => fixture.postAs(WORKSTATION, { client_assertion: assertion })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(4);
  });

  it('from before a restart is refused, so that a restart opens no gap for a replay', async () => {
    const assertion = await fixture.assertion(WORKSTATION);
    fixture.clock.now = new Date(fixture.clock.now.getTime() + 2000);
    await fixture.restart();
    const { status, body } = await fixture.postAs(WORKSTATION, { client_assertion: assertion });
    expect(status).toBe(401);
    expect(body['error_description']).toMatch(/older than this server/);
  });

  it.each([
    ['expired', () => ({ exp: nowSeconds() - 60, iat: nowSeconds() - 120 }), /exp/],
    ['not valid yet', () => ({ nbf: nowSeconds() + 60 }), /nbf/],
    ['for another audience', () => ({ aud: 'https://login.example.com/token' }), /aud/],
    ['without an expiry', () => ({ exp: undefined }), /exp/],
    ['without an id', () => ({ jti: undefined }), /jti/],
    ['with an endless id', () => ({ jti: 'x'.repeat(129) }), /jti/],
    ['valid for an hour', () => ({ exp: nowSeconds() + 3600 }), /longer than 600 seconds/],
    ['issued by another client', () => ({ iss: 'mcms-cli' }), /iss/],
    ['of a client that is not registered', () => ({ sub: 'WS-99', iss: 'WS-99' }), /not registered/],
    ['whose client id is a path', () => ({ sub: '../mcms-cli', iss: '../mcms-cli' }), /not registered/],
    ['that names another client than its key', () => ({ sub: 'mcms-cli', iss: 'mcms-cli' }), /signature/],
  ])('%s is refused', async (_case, claims, description) => {
    const { status, body } = await fixture.postAs(WORKSTATION, {
      client_assertion: await fixture.assertion(WORKSTATION, claims()),
    });
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
    expect(body['error_description']).toMatch(description);
  });

  it('signed by a key of somebody else is refused', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    const forged = await fixture.assertion(WORKSTATION, {}, privateKey);
    const { status, body } = await fixture.postAs(WORKSTATION, { client_assertion: forged });
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
  });

  it.each([
    [
      'unsigned',
      () => new UnsecuredJWT({ jti: 'a' }).setSubject(WORKSTATION).setIssuer(WORKSTATION).encode(),
    ],
    ['not a JWT', () => 'open sesame'],
  ])('%s is refused', async (_case, make) => {
    const { status, body } = await fixture.postAs(WORKSTATION, { client_assertion: make() });
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
  });
});

describe('the token endpoint', () => {
  it.each([
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['no grant', { grant_type: undefined }, 400, 'invalid_request'],
    ['a client secret instead of an assertion', { client_assertion_type: undefined }, 401, 'invalid_client'],
    ['another client id than the assertion', { client_id: 'mcms-cli' }, 401, 'invalid_client'],
    ['a scope of another resource', { scope: 'api://other/.default' }, 400, 'invalid_scope'],
    ['no scope', { scope: undefined }, 400, 'invalid_request'],
    ['a body over 16 KB', { name: 'x'.repeat(20_000) }, 400, 'invalid_request'],
  ])('refuses %s', async (_case, form, status, error) => {
    const answer = await fixture.postAs(WORKSTATION, form);
    expect({ status: answer.status, error: answer.body['error'] }).toEqual({ status, error });
  });

  it('refuses a parameter that is given twice', async () => {
    const body = new URLSearchParams([
      ['grant_type', 'client_credentials'],
      ['grant_type', 'client_credentials'],
    ]);
    const response = await fetch(fixture.tokenEndpoint, { method: 'POST', body });
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'grant_type is given more than once' },
    ]);
  });

  it('refuses JSON, and methods other than POST', async () => {
    const json = await fetch(fixture.tokenEndpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(json.status).toBe(400);
    const get = await fetch(fixture.tokenEndpoint);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('a web page', () => {
  it('has no token even with a good assertion: Origin is refused and nothing allows cross-origin reads', async () => {
    const answer = await fixture.post(
      { client_assertion: await fixture.assertion(WORKSTATION) },
      { origin: 'https://evil.example' },
    );
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    const preflight = await fetch(fixture.tokenEndpoint, { method: 'OPTIONS' });
    expect(preflight.status).toBe(405);
    const discovery = await fetch(`${fixture.issuer}/.well-known/openid-configuration`);
    for (const { headers } of [answer, preflight, discovery])
      expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('is not served under a name that merely points at 127.0.0.1', async () => {
    const { port } = new URL(fixture.issuer);
    const status = await new Promise((resolve, reject) => {
      request({
        port,
        host: '127.0.0.1',
        path: '/discovery/v2.0/keys',
        headers: { host: `rebound.example:${port}` },
      })
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(400);
  });

  it('is told 404 for anything that is not there', async () => {
    expect((await fetch(`${fixture.issuer}/authorize`)).status).toBe(404);
  });
});
