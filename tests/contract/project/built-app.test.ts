import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, readdir } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import type { BindingInfo, FunctionMetadata } from '../../../local/functions-host/functions-core.cjs';
import { type BuiltApp, buildApp } from './build-app.ts';
import { readJson, runNode } from './run-script.ts';

const HTTP = [
  'GET HEAD /dead-letters dead-letters-list',
  'GET HEAD /dead-letters/{queue}/{sequenceNumber} dead-letters-get',
  'POST /dead-letters/{queue}/{sequenceNumber}/discard dead-letters-discard',
  'POST /dead-letters/{queue}/{sequenceNumber}/resubmit dead-letters-resubmit',
  'GET HEAD /incidents incidents-list',
  'GET HEAD /incidents/{incidentId} incidents-get',
  'POST /incidents/{incidentId}/acknowledge incidents-acknowledge',
  'POST /incidents/{incidentId}/solve incidents-solve',
  'GET HEAD /health/live health-live',
  'GET HEAD /health/ready health-ready',
  'GET HEAD /health/deep health-deep',
  'GET HEAD /openapi.json openapi',
  'GET HEAD /docs docs',
  'GET HEAD /items items-list',
  'POST /items items-create',
  'GET HEAD /items/{itemCode} items-get',
  'PATCH /items/{itemCode} items-change',
  'POST /items/{itemCode}/revisions items-add-revision',
  'GET HEAD /routings routings-list',
  'POST /routings routings-create',
  'GET HEAD /routings/{routingId} routings-get',
  'PATCH /routings/{routingId} routings-change',
  'GET HEAD /routings/{routingId}/cam-revisions cam-revisions-list',
  'GET HEAD /routings/{routingId}/cam-revisions/{camRev} cam-revisions-get',
  'GET HEAD /history history-list',
  'GET HEAD /history/cam-revisions history-cam-revisions',
  'POST /routings/{routingId}/files files-start-upload',
  'GET HEAD /files/{fileId}/upload files-resume-upload',
  'POST /files/{fileId}/complete files-complete-upload',
  'GET HEAD /files/{fileId} files-get',
  'DELETE /files/{fileId} files-delete',
  'GET HEAD /files/{fileId}/content files-content',
  'POST /routings/{routingId}/commands commands-order',
  'GET HEAD /commands commands-list',
  'GET HEAD /commands/{commandId} commands-get',
  'POST /commands/{commandId}/cancel commands-cancel',
  'GET HEAD /commands/{commandId}/timeline commands-timeline',
  'POST /commands/{commandId}/retry commands-retry',
  'POST /commands/{commandId}/clone commands-clone',
  'GET HEAD /command-types command-types-list',
  'GET HEAD /command-failures command-failures-list',
  'POST /bulk-actions bulk-actions-prepare',
  'GET HEAD /bulk-actions/{bulkActionId} bulk-actions-get',
  'GET HEAD /bulk-actions/{bulkActionId}/items bulk-actions-items',
  'POST /bulk-actions/{bulkActionId}/start bulk-actions-start',
  'POST /bulk-actions/{bulkActionId}/stop bulk-actions-stop',
  'GET HEAD /operator-actions operator-actions-list',
  'POST /agent/announce agent-announce',
  'POST /agent/claim agent-claim',
  'POST /agent/attempts/{attemptId}/heartbeat agent-heartbeat',
  'POST /agent/attempts/{attemptId}/outputs agent-outputs',
  'POST /agent/attempts/{attemptId}/log agent-log',
  'GET HEAD /pauses pauses-list',
  'POST /pauses pauses-start',
  'DELETE /pauses/{pauseId} pauses-end',
  'GET HEAD /workstations workstations-list',
  'GET HEAD /licence-pools licence-pools-list',
  'GET HEAD POST PUT PATCH DELETE OPTIONS /{*path} not-found',
];

let app: BuiltApp;
let functions: readonly FunctionMetadata[];
beforeAll(async () => {
  app = await buildApp();
  functions = await listFunctions(join(app.folder, 'dist', 'main.js'));
}, 60_000);
afterAll(() => app.remove());

describe('the built app registers exactly', () => {
  it('these HTTP functions, which check tokens themselves', () => {
    const http = withBinding('httpTrigger').map(
      ({ name, binding: { methods, route } }) =>
        `${String(methods).replaceAll(',', ' ')} /${String(route)} ${name}`,
    );
    expect(http.toSorted()).toEqual(HTTP.toSorted());
    const levels = withBinding('httpTrigger').map(({ binding }) => binding['authLevel']);
    expect(new Set(levels)).toEqual(new Set(['anonymous']));
  });

  it('these functions on queues', () => {
    const queues = withBinding('serviceBusTrigger').map(
      ({ name, binding: { queueName, connection } }) =>
        `${name}: ${String(queueName)}, ${String(connection)}`,
    );
    expect(queues.toSorted()).toEqual([
      'cam-commands: esprit-commands, ServiceBusConnection',
      'cam-results: esprit-results, ServiceBusConnection',
      'file-verification: file-verification, ServiceBusConnection',
    ]);
  });

  it('these timers', () => {
    const timers = withBinding('timerTrigger').map(
      ({ name, binding: { schedule } }) => `${name}: ${String(schedule)}`,
    );
    expect(timers.toSorted()).toEqual([
      'attempt-watchdog: 2-57/5 * * * * *',
      'bulk-runner: */2 * * * * *',
      'columnstore-maintenance: 0 40 2 * * *',
      'command-watch: 23 * * * * *',
      'incident-watch: 7-52/15 * * * * *',
      'long-statement-watch: 45 * * * * *',
      'notification-relay: 4-59/5 * * * * *',
      'outbox-relay: */5 * * * * *',
      'plan-regression-guard: 30 3-59/15 * * * *',
      'reprocess: 4-59/15 * * * * *',
      'retention: 0 17 * * * *',
      'upload-sweeper: 0 */10 * * * *',
      'work-sweeper: */10 * * * * *',
    ]);
  });

  it('this orchestration and its activities', () => {
    expect(withBinding('orchestrationTrigger').map(({ name }) => name)).toEqual(['runCamCommand']);
    expect(
      withBinding('activityTrigger')
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual([
      'beginCommand',
      'cancelCommand',
      'checkLimit',
      'completeCommand',
      'enqueueAttempt',
      'failCommand',
      'retryCommand',
      'withdrawAttempt',
    ]);
  });

  it('these bindings beside triggers and HTTP answers', () => {
    const others = functions.flatMap(({ name, bindings }) =>
      Object.values(bindings)
        .filter(({ type }) => !/trigger$/i.test(type) && type !== 'http')
        .map((binding) => `${name}: ${describeBinding(binding)}`),
    );
    expect(others.toSorted()).toEqual([
      'attempt-watchdog: durableClient in',
      'bulk-actions-start: durableClient in',
      'bulk-runner: durableClient in',
      'cam-commands: durableClient in',
      'cam-results: durableClient in',
      'command-watch: durableClient in',
      'commands-cancel: durableClient in',
      'commands-clone: durableClient in',
      'commands-order: durableClient in',
      'commands-retry: durableClient in',
      'outbox-relay: durableClient in',
    ]);
  });

  it('nothing else', () => {
    const counted = [
      'httpTrigger',
      'serviceBusTrigger',
      'timerTrigger',
      'orchestrationTrigger',
      'activityTrigger',
    ];
    expect(counted.flatMap(withBinding)).toHaveLength(functions.length);
  });
});

describe('the built app', () => {
  it('imports packages that are installed in production, and files that were built', async () => {
    const { dependencies } = await readJson<{ dependencies: Record<string, string> }>('package.json');
    const files = await filesBelow(join(app.folder, 'dist'));
    const known = new Set(Object.keys(dependencies));
    const strange: string[] = [];
    let checked = 0;
    for (const file of files.filter((name) => name.endsWith('.js'))) {
      for (const specifier of importsOf(await readFile(file, 'utf8'))) {
        const found = specifier.startsWith('.')
          ? files.includes(join(file, '..', specifier))
          : isBuiltin(specifier) || known.has(packageOf(specifier));
        checked += 1;
        if (!found) strange.push(`${file.slice(app.folder.length + 1)}: ${specifier}`);
      }
    }
    expect(strange).toEqual([]);
    expect(checked).toBeGreaterThan(400);
  });

  it('holds functions and shared code, nothing of laptop or workstation', async () => {
    const names = await readdir(join(app.folder, 'dist'));
    expect(names.filter((name) => !name.endsWith('.map')).toSorted()).toEqual([
      'functions',
      'main.js',
      'shared',
    ]);
  });

  it('is what package.json names as the entry', async () => {
    expect(await readJson('package.json')).toMatchObject({ type: 'module', main: 'dist/main.js' });
  });
});

/** Settings in the form Azure has them; nothing is connected to before the first call. */
const APP_SETTINGS = {
  SqlConnection: 'sqlite:never-opened.db',
  ServiceBusConnection__fullyQualifiedNamespace: 'shop.servicebus.windows.net',
  BlobStorage__serviceUri: 'https://shop.blob.core.windows.net',
  Auth__Issuer: 'https://login.microsoftonline.com/tenant/v2.0',
  Auth__Audience: 'api://mcms',
  Auth__JwksUri: 'https://login.microsoftonline.com/tenant/discovery/v2.0/keys',
};

async function listFunctions(entry: string): Promise<readonly FunctionMetadata[]> {
  const program = join(import.meta.dirname, 'list-functions.ts');
  const { exitCode, stdout, stderr } = await runNode([program, entry], app.folder, {
    PATH: process.env['PATH'],
    ...APP_SETTINGS,
  });
  if (exitCode !== 0) throw new Error(`the built app does not load: ${stderr}`);
  return JSON.parse(stdout) as FunctionMetadata[];
}

/** Functions with a binding of that type. */
function withBinding(type: string): { readonly name: string; readonly binding: BindingInfo }[] {
  return functions.flatMap(({ name, bindings }) =>
    Object.values(bindings)
      .filter((binding) => binding.type === type)
      .map((binding) => ({ name, binding })),
  );
}

function describeBinding(binding: BindingInfo): string {
  const { type, direction, queueName } = binding;
  return [type, direction, queueName].filter((part) => typeof part === 'string').join(' ');
}

function importsOf(source: string): string[] {
  const found = source.matchAll(
    /(?:^|[;\s])(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?['"]([^'"]+)['"]|import\(['"]([^'"]+)['"]\)/g,
  );
  return [...found].map(([, named, dynamic]) => named ?? dynamic ?? '');
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
