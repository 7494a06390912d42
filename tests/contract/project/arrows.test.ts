import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type PlantedProject, plantProject } from './planted-project.ts';
import { ROOT, runScript, scripts } from './run-script.ts';

interface Cruised {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
    readonly ruleSetUsed: { readonly forbidden: readonly { readonly name: string }[] };
  };
}

/** Rule → the import that breaks it, and it alone: from, to. */
const VIOLATIONS: Readonly<Record<string, readonly [from: string, to: string]>> = {
  'area-notifications-looks-up': ['shared/notifications/up.ts', 'shared/cam-commands/index.ts'],
  'area-dead-letters-looks-up': ['shared/dead-letters/up.ts', 'shared/cam-commands/index.ts'],
  'area-files-looks-up': ['shared/files/up.ts', 'shared/cam-commands/index.ts'],
  'area-routings-looks-up': ['shared/routings/up.ts', 'shared/files/index.ts'],
  'area-items-looks-up': ['shared/items/up.ts', 'shared/routings/index.ts'],
  'area-operator-actions-looks-up': ['shared/operator-actions/up.ts', 'shared/items/index.ts'],
  'area-history-looks-up': ['shared/history/up.ts', 'shared/items/index.ts'],
  'deep-import-into-area': ['shared/cam-commands/deep.ts', 'shared/routings/rows.ts'],
  'technology-imports-area': ['shared/data/up.ts', 'shared/items/index.ts'],
  'shared-imports-upwards': ['shared/time/up.ts', 'functions/deps.ts'],
  'functions-import-outside': ['functions/outside.ts', 'cmdhost/sound.ts'],
  'function-imports-function': ['functions/http/one.ts', 'functions/timers/other.ts'],
  'orchestrator-does-io': ['functions/orchestrations/run-planted.ts', 'node:fs'],
  'decision-does-io': ['shared/cam-commands/decide-planted.ts', 'shared/time/clock.ts'],
  'cmdhost-sees-too-much': ['cmdhost/deep.ts', 'shared/data/index.ts'],
  'local-is-imported': ['cli/local.ts', 'local/main.ts'],
  'contracts-import-code': ['shared/items/contracts.ts', 'shared/items/index.ts'],
  cycle: ['tools/about.ts', 'tools/round.ts'],
  'not-resolvable': ['tools/lost.ts', 'tools/missing.ts'],
  'development-package-in-product': ['shared/messaging/broker.ts', 'rhea'],
};

/** Imports that are right: the other side of the rules. */
const ALLOWED: readonly (readonly [from: string, to: string])[] = [
  ['shared/cam-commands/down.ts', 'shared/routings/index.ts'],
  ['shared/cam-commands/schema.ts', 'shared/items/contracts.ts'],
  ['functions/http/area.ts', 'shared/items/index.ts'],
  ['functions/orchestrations/run-sound.ts', 'shared/cam-commands/decide.ts'],
  ['functions/orchestrations/run-sound-too.ts', 'shared/cam-commands/decide-waits.ts'],
  ['cmdhost/schema.ts', 'shared/cam-commands/contracts.ts'],
  ['tests/stack.ts', 'local/main.ts'],
  ['load-tests/bench/stack.ts', 'local/main.ts'],
];

/** Files with other words: an import of types, circles, and a violation inside `using`, which swc's visitor does not know. */
const WRITTEN = {
  'shared/time/up.ts': "import type { Deps } from '../../functions/deps.ts';\nexport type Up = Deps;\n",
  'tools/round.ts': "import './about.ts';\n",
  'tools/types-a.ts': "import type { B } from './types-b.ts';\nexport type A = B | 1;\n",
  'tools/types-b.ts': "import type { A } from './types-a.ts';\nexport type B = A | 2;\n",
  'cli/local.ts': "await using stack = await import('../local/main.ts');\n",
};

let project: PlantedProject;
let planted: Cruised;
beforeAll(async () => {
  project = await plantProject({ ...filesOfTables(), ...WRITTEN });
  planted = await cruise(project.folder);
}, 60_000);
afterAll(() => project.remove());

it('a violation of each rule is reported, and nothing else', () => {
  const found = planted.summary.violations.map(({ rule, from, to }) => [rule.name, from, asWritten(to)]);
  const expected = Object.entries(VIOLATIONS).map(([rule, [from, to]]) => [rule, from, asWritten(to)]);
  expect(found.map(String).toSorted()).toEqual(expected.map(String).toSorted());
});

it('no rule is without a planted violation', () => {
  const rules = planted.summary.ruleSetUsed.forbidden.map(({ name }) => name);
  expect(rules.toSorted()).toEqual(Object.keys(VIOLATIONS).toSorted());
});

it('every source file of the checkout is visited', async () => {
  const words = (await scripts())['check:arrows']?.split(' ') ?? [];
  const folders = words.filter((word) =>
    statSync(join(ROOT, word), { throwIfNoEntry: false })?.isDirectory(),
  );
  expect(folders).toEqual(expect.arrayContaining(['functions', 'shared', 'cmdhost', 'local', 'cli']));
  const sources = (await Promise.all(folders.map(sourcesOf))).flat();
  const visited = new Set((await cruise(ROOT)).modules.map(({ source }) => source));
  expect(sources.filter((source) => !visited.has(source))).toEqual([]);
  expect(sources.length).toBeGreaterThan(200);
}, 60_000);

async function cruise(folder: string): Promise<Cruised> {
  const { stdout, stderr } = await runScript('check:arrows', folder, ['--output-type', 'json']);
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser gave no report: ${stdout}${stderr}`);
  return JSON.parse(stdout) as Cruised;
}

/** Every file the tables name, with the import they give it. */
function filesOfTables(): Record<string, string> {
  const imports = [...Object.values(VIOLATIONS), ...ALLOWED];
  const targets = imports
    .map(([, to]) => to)
    .filter((to) => to.endsWith('.ts') && !to.endsWith('missing.ts'));
  return {
    ...Object.fromEntries(targets.map((path) => [path, 'export {};\n'])),
    ...Object.fromEntries(imports.map(([from, to]) => [from, `import '${specifier(from, to)}';\n`])),
  };
}

function specifier(from: string, to: string): string {
  return to.endsWith('.ts') ? `${'../'.repeat(from.split('/').length - 1) || './'}${to}` : to;
}

/** dependency-cruiser names packages by their files, built-in modules without prefix and lost ones as they were imported. */
function asWritten(to: string): string {
  if (to.includes('node_modules/')) return to.replace(/^.*node_modules\/([^/]+)\/.*$/, '$1');
  return to.replace(/^node:/, '').replace(/^(\.\.\/)+/, '');
}

async function sourcesOf(folder: string): Promise<string[]> {
  const entries = await readdir(join(ROOT, folder), { recursive: true });
  return entries
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`);
}
