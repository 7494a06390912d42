import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { deployedApp } from './deployed-app.ts';
import { newInstanceId } from './durable-app.ts';
import { type Harness, startHarness } from './harness.ts';
import { COLLECT } from './suite-app/main.ts';

const key = 'k/+=&y';
const path = '/runtime/webhooks/durabletask';

describe('the suites’ way to a deployed app', () => {
  let harness: Harness;
  let frontEnd: Server;
  let baseUrl: string;
  beforeEach(async () => {
    harness = await startHarness();
    frontEnd = startFrontEnd(() => harness.rpcBaseUrl);
    await once(frontEnd, 'listening');
    baseUrl = `http://127.0.0.1:${(frontEnd.address() as AddressInfo).port}${path}`;
  });
  afterEach(async () => {
    frontEnd.close();
    frontEnd.closeAllConnections();
    await harness.dispose();
  });

  it('fails with a sentence where no app is named', () => {
    expect(() => deployedApp({ baseUrl: ' ', key: undefined })).toThrow(
      /^TEST_DURABLE_BASE_URL is missing: .*TEST_DURABLE_KEY/,
    );
  });

  it('reaches every operation through the webhooks, with the key', async () => {
    const { client } = await deployedApp({ baseUrl: `${baseUrl}/`, key })();
    const id = await client.startNew(COLLECT, { instanceId: newInstanceId(), input: ['a', 'b'] });
    await harness.idle();
    await client.suspend(id, 'hold');
    expect((await client.getStatus(id)).runtimeStatus).toBe('Suspended');
    await client.resume(id, 'on');
    await client.raiseEvent(id, 'a', { n: 1 });
    await harness.idle();
    expect(await client.getStatus(id)).toMatchObject({ runtimeStatus: 'Running', customStatus: 1 });
    await client.terminate(id, 'over');
    expect(await client.getStatus(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'over' });
    expect(await client.purgeInstanceHistory(id)).toEqual({ instancesDeleted: 1 });
    await expect(client.getStatus(id)).rejects.toThrow(/404/);
    await expect(client.raiseEvent(id, 'a', 1)).rejects.toThrow(/No instance with ID/);
  });

  it('is refused without the key', async () => {
    const { client } = await deployedApp({ baseUrl, key: undefined })();
    await expect(client.startNew(COLLECT, { input: ['a'] })).rejects.toThrow(/401/);
  });
});

/** Stands in for the front end of a Functions app: asks for the key, and passes the rest on to the backend. */
function startFrontEnd(rpcBaseUrl: () => string): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://app');
    if (url.searchParams.get('code') !== key || !url.pathname.startsWith(`${path}/`)) {
      response.writeHead(401).end();
      return;
    }
    url.searchParams.delete('code');
    const target = new URL(url.pathname.slice(path.length + 1) + url.search, rpcBaseUrl());
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const answer = await fetch(target, {
        method: request.method ?? 'GET',
        headers: { 'content-type': request.headers['content-type'] ?? 'application/json' },
        ...(request.method === 'POST' ? { body: Buffer.concat(chunks) } : {}),
      });
      const headers = { 'content-type': answer.headers.get('content-type') ?? 'text/plain' };
      response.writeHead(answer.status, headers).end(await answer.text());
    })().catch((error: unknown) => response.destroy(error as Error));
  }).listen(0, '127.0.0.1');
}
