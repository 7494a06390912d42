import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { app, input, output, trigger } from '@azure/functions';
import * as df from 'durable-functions';
import core from '../../../local/functions-host/functions-core.cjs';
import { startHost } from '../../../local/functions-host/host.ts';
import { fixture, startFixture } from './start.ts';

const handler = (): void => undefined;

/** Registers functions as an app would, starts a host for them and gives its refusal. */
async function refusalOf(register: () => void, env: Record<string, string> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'functions-host-'));
  const entry = join(folder, 'app.mjs');
  try {
    await writeFile(entry, 'export {};');
    await writeFile(join(folder, 'host.json'), '{"version":"2.0"}');
    core.registry.started = false;
    register();
    const options = {
      entry,
      hostJson: join(folder, 'host.json'),
      port: 0,
      stateDir: folder,
      env,
      log: () => undefined,
    };
    const host = await startHost(options);
    await host.stop();
    return 'started';
  } catch (error) {
    return (error as Error).message;
  } finally {
    core.registry.functions.length = 0;
    await rm(folder, { recursive: true });
  }
}

describe('the host refuses at start', () => {
  const disposables: { dispose(): unknown }[] = [];
  afterEach(() => disposables.splice(0).forEach((disposable) => disposable.dispose()));

  it.each<[string, () => void]>([
    ['blobTrigger', () => app.storageBlob('f', { path: 'a/b', connection: 'c', handler })],
    ['queueTrigger', () => app.storageQueue('f', { queueName: 'q', connection: 'c', handler })],
    ['eventGridTrigger', () => app.eventGrid('f', { handler })],
    [
      'eventHubTrigger',
      () => app.eventHub('f', { eventHubName: 'h', connection: 'c', cardinality: 'one', handler }),
    ],
    [
      'cosmosDBTrigger',
      () => app.cosmosDB('f', { databaseName: 'd', containerName: 'c', connection: 'c', handler }),
    ],
    ['warmupTrigger', () => app.warmup('f', { handler })],
    [
      'signalRTrigger',
      () => app.generic('f', { trigger: trigger.generic({ type: 'signalRTrigger' }), handler }),
    ],
    ['entityTrigger', () => df.app.entity('f', handler)],
    [
      'signalRConnectionInfo',
      () =>
        app.http('f', {
          extraInputs: [input.generic({ type: 'signalRConnectionInfo', name: 'x' })],
          handler: () => ({}),
        }),
    ],
    [
      'signalR',
      () =>
        app.timer('f', {
          schedule: '* * * * *',
          extraOutputs: [output.generic({ type: 'signalR' })],
          handler,
        }),
    ],
    [
      'blob',
      () =>
        app.timer('f', {
          schedule: '* * * * *',
          return: output.storageBlob({ path: 'a', connection: 'c' }),
          handler,
        }),
    ],
  ])('%s, naming function and type', async (type, register) => {
    expect(await refusalOf(register)).toBe(
      `function "f": binding type "${type}" is not supported by the local host`,
    );
  });

  it.each<[string, () => void]>([
    [
      'two functions are named',
      () => {
        app.http('f', { handler: () => ({}) });
        app.http('F', { route: 'other', handler: () => ({}) });
      },
    ],
    ['is not a function name', () => app.http('9 lives', { handler: () => ({}) })],
    [
      'authLevel "function" is not supported',
      () => app.http('f', { authLevel: 'function', handler: () => ({}) }),
    ],
    [
      'both claim GET a/{two}',
      () => {
        app.http('f', { route: 'a/{one}', handler: () => ({}) });
        app.http('g', { route: 'a/{two}', methods: ['GET'], handler: () => ({}) });
      },
    ],
    ['route "/a": a route must not start with', () => app.http('f', { route: '/a', handler: () => ({}) })],
    [
      'constraint "datetime" is not supported',
      () => app.http('f', { route: '{a:datetime}', handler: () => ({}) }),
    ],
    ['"{a}.{b}" is not supported', () => app.http('f', { route: '{a}.{b}', handler: () => ({}) })],
    ['a catch-all parameter must come last', () => app.http('f', { route: '{*a}/b', handler: () => ({}) })],
    ['an optional parameter must come last', () => app.http('f', { route: '{a?}/b', handler: () => ({}) })],
    ['a parameter name appears twice', () => app.http('f', { route: '{a}/{A}', handler: () => ({}) })],
    ['schedule "never": 5 or 6 fields', () => app.timer('f', { schedule: 'never', handler })],
    [
      'the app setting Missing (in "%Missing%") is not set',
      () => app.timer('f', { schedule: '%Missing%', handler }),
    ],
    [
      'the app setting Sb or Sb__fullyQualifiedNamespace is not set',
      () => app.serviceBusQueue('f', { queueName: 'q', connection: 'Sb', handler }),
    ],
    [
      'topics are not supported',
      () => app.serviceBusTopic('f', { topicName: 't', subscriptionName: 's', connection: 'Sb', handler }),
    ],
    [
      'sessions are not supported',
      () => app.serviceBusQueue('f', { queueName: 'q', connection: 'Sb', isSessionsEnabled: true, handler }),
    ],
    [
      'cardinality "many" is not supported',
      () => app.serviceBusQueue('f', { queueName: 'q', connection: 'Sb', cardinality: 'many', handler }),
    ],
    [
      'only queues are supported',
      () =>
        app.timer('f', {
          schedule: '* * * * *',
          return: output.serviceBusTopic({ topicName: 't', connection: 'Sb' }),
          handler,
        }),
    ],
    [
      'retry options are not supported',
      () =>
        app.timer('f', {
          schedule: '* * * * *',
          retry: { strategy: 'fixedDelay', maxRetryCount: 1, delayInterval: 1 },
          handler,
        }),
    ],
    ['registered no function', handler],
  ])('%s', async (message, register) => {
    expect(await refusalOf(register)).toContain(message);
  });

  it('a log hook', async () => {
    const message = await refusalOf(() => {
      disposables.push(app.hook.log(() => undefined));
      app.http('f', { handler: () => ({}) });
    });
    expect(message).toBe('app.hook.log is not supported by the local host');
  });

  it('an appStart hook that fails', async () => {
    const message = await refusalOf(() => {
      disposables.push(app.hook.appStart(() => Promise.reject(new Error('no telemetry'))));
      app.http('f', { handler: () => ({}) });
    });
    expect(message).toBe('no telemetry');
  });

  it.each<[object, string]>([
    [{ version: '1.0' }, 'version'],
    [{ functionTimeout: '10 minutes' }, 'functionTimeout: "10 minutes" is not a TimeSpan (hh:mm:ss)'],
    [{ extensions: { http: { customHeaders: {} } } }, 'extensions.http: Unrecognized key: "customHeaders"'],
    [
      { extensions: { serviceBus: { sessionHandlerOptions: {} } } },
      'Unrecognized key: "sessionHandlerOptions"',
    ],
    [{ extensions: { serviceBus: { prefetchCount: -1 } } }, 'extensions.serviceBus.prefetchCount'],
  ])('host.json with %j', async (hostJsonContent, message) => {
    await expect(startFixture('http.ts', { hostJsonContent })).rejects.toThrow(message);
  });

  it('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(startFixture('http.ts', { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });

  it('an entry that fails, with its message', async () => {
    await expect(
      startHost({ entry: fixture('broken.ts'), hostJson: 'host.json', port: 0, stateDir: tmpdir() }),
    ).rejects.toThrow(
      /the app's entry .*broken\.ts failed, so that on Azure it would have no functions: SqlConnection is missing/,
    );
  });
});
