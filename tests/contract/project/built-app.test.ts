import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile, readdir } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import type { BindingInfo, FunctionMetadata } from '../../../local/functions-host/functions-core.cjs';
import { type BuiltApp, buildApp } from './build-app.ts';
import { readJson, runNode } from './run-script.ts';

let app: BuiltApp;
let functions: readonly FunctionMetadata[];
beforeAll(async () => {
  app = await buildApp();
  functions = await listFunctions(join(app.folder, 'dist', 'main.js'));
}, 60_000);
afterAll(() => app.remove());

describe('the built app registers exactly', () => {
  it('these HTTP functions', () => {
    const http = functions.flatMap(({ name, bindings }) =>
      bindingsOf(bindings, 'httpTrigger').map(
        ({ methods, route, authLevel }) =>
          `${name}: ${String(methods)} /${String(route)} ${String(authLevel)}`,
      ),
    );
    expect(http.toSorted()).toEqual([]);
  });

  it('these functions on queues', () => {
    const queues = functions.flatMap(({ name, bindings }) =>
      bindingsOf(bindings, 'serviceBusTrigger').map(
        ({ queueName, connection }) => `${name}: ${String(queueName)} by ${String(connection)}`,
      ),
    );
    expect(queues.toSorted()).toEqual([]);
  });

  it('these timers', () => {
    const timers = functions.flatMap(({ name, bindings }) =>
      bindingsOf(bindings, 'timerTrigger').map(({ schedule }) => `${name}: ${String(schedule)}`),
    );
    expect(timers.toSorted()).toEqual([]);
  });

  it('this orchestration and its activities', () => {
    const named = (type: string): string[] =>
      functions.filter(({ bindings }) => bindingsOf(bindings, type).length > 0).map(({ name }) => name);
    expect(named('orchestrationTrigger')).toEqual(['runCamCommand']);
    expect(named('activityTrigger').toSorted()).toEqual([]);
  });

  it('these bindings beside triggers and answers', () => {
    const others = functions.flatMap(({ name, bindings }) =>
      Object.values(bindings)
        .filter(({ type }) => !/trigger$/i.test(type) && type !== 'http')
        .map((binding) => `${name}: ${describeBinding(binding)}`),
    );
    expect(others.toSorted()).toEqual([]);
  });
});

describe('the built app', () => {
  it('imports packages that are installed in production, and files that were built', async () => {
    const { dependencies } = await readJson<{ dependencies: Record<string, string> }>('package.json');
    const files = await filesBelow(join(app.folder, 'dist'));
    const known = new Set([...Object.keys(dependencies), ...builtinModules.map((name) => `node:${name}`)]);
    const strange: string[] = [];
    for (const file of files.filter((name) => name.endsWith('.js'))) {
      for (const specifier of importsOf(await readFile(file, 'utf8'))) {
        const found = specifier.startsWith('.')
          ? files.includes(join(file, '..', specifier))
          : known.has(packageOf(specifier));
        if (!found) strange.push(`${file.slice(app.folder.length + 1)}: ${specifier}`);
      }
    }
    expect(strange).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
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

function bindingsOf(bindings: Readonly<Record<string, BindingInfo>>, type: string): BindingInfo[] {
  return Object.values(bindings).filter((binding) => binding.type === type);
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
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
