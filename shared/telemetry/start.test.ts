import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { inSpan, startTelemetry } from './index.ts';

const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

it('sends finished spans and metrics to the OTLP endpoint at the latest when it stops, and stops once', async () => {
  const received: { url: string | undefined; body: string }[] = [];
  const collector = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      received.push({ url: request.url, body });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  cleanUps.push(() => {
    collector.closeAllConnections();
    collector.close();
  });
  await new Promise<void>((listening) => collector.listen(0, '127.0.0.1', listening));
  const { port } = collector.address() as AddressInfo;

  const telemetry = await startTelemetry({
    serviceName: 'mcms-functions',
    serviceVersion: '1.2.3',
    otlpEndpoint: `http://127.0.0.1:${port}/`,
  });
  await inSpan('sent span', { operationKey: 'outbox.relay' }, () => undefined);
  metrics.getMeter('mcms').createCounter('sent.metric').add(3);
  await Promise.all([telemetry.shutdown(), telemetry.shutdown()]);

  expect(received.sort((a, b) => (a.url ?? '').localeCompare(b.url ?? ''))).toEqual([
    { url: '/v1/metrics', body: expect.stringContaining('sent.metric') },
    { url: '/v1/traces', body: expect.stringContaining('sent span') },
  ]);
  for (const { body } of received) expect(body).toContain('mcms-functions');
});
