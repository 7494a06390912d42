import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { makeCertificate } from './certificates/make-certificate.ts';
import { createTokenCredential } from './token.ts';

const SCOPE = 'api://mcms/.default';

describe('token of the workstation', () => {
  let folder: string;
  let server: Server;
  let tokenEndpoint: string;
  let publicKey: KeyObject;
  let requests: URLSearchParams[];
  /** Status of the next answers; 200 when used up. */
  let statuses: number[];
  let nowMs: number;

  beforeEach(async () => {
    requests = [];
    statuses = [];
    nowMs = Date.parse('2026-11-23T08:00:00.000Z');
    folder = await mkdtemp(join(tmpdir(), 'mcms-token-'));
    publicKey = createPublicKey(await newKey());
    server = createServer((request, response) => {
      void text(request).then((body) => {
        requests.push(new URLSearchParams(body));
        const status = statuses.shift() ?? 200;
        const answer =
          status === 200
            ? { token_type: 'Bearer', expires_in: 3600, access_token: `token-${requests.length}` }
            : { error: 'invalid_client' };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    tokenEndpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  const newKey = async (): Promise<string> => {
    const made = await makeCertificate({ subject: 'WS-01', days: 30, now: new Date(nowMs) });
    await writeFile(join(folder, 'certificate.pem'), made.certificatePem);
    await writeFile(join(folder, 'key.pem'), made.privateKeyPem);
    return made.privateKeyPem;
  };
  const thumbprint = async (): Promise<string> =>
    createHash('sha256')
      .update(new X509Certificate(await readFile(join(folder, 'certificate.pem'))).raw)
      .digest('base64url');
  const credential = async (certificateFile?: string) =>
    createTokenCredential(
      {
        tokenEndpoint,
        clientId: 'WS-01',
        privateKeyFile: join(folder, 'key.pem'),
        certificateFile,
        scope: SCOPE,
        graphUrl: 'https://graph.microsoft.com/v1.0',
      },
      { now: () => new Date(nowMs) },
    );
  const assertion = (): string => requests.at(-1)?.get('client_assertion') ?? '';

  it('is asked for with a signed assertion for this endpoint', async () => {
    expect((await (await credential()).getToken(SCOPE))?.token).toBe('token-1');
    expect(Object.fromEntries(requests[0] ?? [])).toMatchObject({
      grant_type: 'client_credentials',
      scope: SCOPE,
      client_id: 'WS-01',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    const expected = { issuer: 'WS-01', subject: 'WS-01', audience: tokenEndpoint, algorithms: ['RS256'] };
    expect((await jwtVerify(assertion(), publicKey, expected)).payload.jti).toBeDefined();
  });

  it('names the certificate as Entra ID wants it', async () => {
    await (await credential(join(folder, 'certificate.pem'))).getToken(SCOPE);
    expect(decodeProtectedHeader(assertion())).toMatchObject({
      alg: 'PS256',
      'x5t#S256': await thumbprint(),
    });
    await expect(jwtVerify(assertion(), publicKey, { algorithms: ['PS256'] })).resolves.toBeDefined();
  });

  it('is kept, for each scope, and fetched once for callers at the same time', async () => {
    const tokens = await credential();
    const both = await Promise.all([tokens.getToken(SCOPE), tokens.getToken(SCOPE)]);
    expect(both.map((token) => token?.token)).toEqual(['token-1', 'token-1']);
    await tokens.getToken(SCOPE);
    expect(requests).toHaveLength(1);
    await tokens.getToken('https://servicebus.azure.net//.default');
    expect(requests).toHaveLength(2);
  });

  it('is fetched anew once it is forgotten', async () => {
    const tokens = await credential();
    await tokens.getToken(SCOPE);
    tokens.forget();
    expect((await tokens.getToken(SCOPE))?.token).toBe('token-2');
  });

  it('is fetched anew before it ends, and used up to its end when that fails', async () => {
    const tokens = await credential();
    const first = await tokens.getToken(SCOPE);
    nowMs += 3600_000 - 4 * 60_000;
    statuses = [400];
    expect(await tokens.getToken(SCOPE)).toEqual(first);
    expect(requests).toHaveLength(2);
    expect((await tokens.getToken(SCOPE))?.token).toBe('token-3');
  });

  it('is proved by the new key once the files have changed, without a restart', async () => {
    const tokens = await credential(join(folder, 'certificate.pem'));
    await tokens.getToken(SCOPE);
    const next = createPublicKey(await newKey());
    tokens.forget();
    await tokens.getToken(SCOPE);
    await expect(jwtVerify(assertion(), next, { algorithms: ['PS256'] })).resolves.toBeDefined();
    expect(decodeProtectedHeader(assertion())).toMatchObject({ 'x5t#S256': await thumbprint() });
  });

  it('is proved by the key at hand while the files do not belong together', async () => {
    const tokens = await credential(join(folder, 'certificate.pem'));
    await writeFile(join(folder, 'key.pem'), 'half a key');
    await tokens.getToken(SCOPE);
    await expect(jwtVerify(assertion(), publicKey, { algorithms: ['PS256'] })).resolves.toBeDefined();
  });

  it('is never used past its end', async () => {
    const tokens = await credential();
    await tokens.getToken(SCOPE);
    nowMs += 3600_000;
    statuses = [400];
    await expect(tokens.getToken(SCOPE)).rejects.toMatchObject({ name: 'ResponseBodyError' });
  });

  it('is asked for again after a passing failure, and not after a refusal', async () => {
    statuses = [503];
    expect((await (await credential()).getToken(SCOPE))?.token).toBe('token-2');
    statuses = [401];
    await expect((await credential()).getToken(SCOPE)).rejects.toMatchObject({ name: 'ResponseBodyError' });
    expect(requests).toHaveLength(3);
  });
});
