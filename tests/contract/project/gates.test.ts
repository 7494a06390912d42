import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type PlantedProject, plantProject } from './planted-project.ts';
import { type Ran, runScript, scripts } from './run-script.ts';

/** One violation per file, so that a report names what it is about. */
const FILES = {
  'shared/time/sound.ts': 'export const sound = 1;\n',
  'shared/time/badly-formatted.ts': 'export const  format = "double quotes"\n',
  'shared/time/floating.ts':
    'async function save(): Promise<void> {}\nexport function go(): void {\n  save();\n}\n',
  'shared/time/unused.ts': 'export function go(): void {\n  const forgotten = 1;\n}\n',
  'shared/time/explicit-any.ts': 'export const value = (given: any): string => String(given);\n',
  'shared/time/wrong-type.ts': "export const count: number = 'three';\n",
  'shared/time/not-erasable.ts': 'export enum Colour {\n  Red,\n}\n',
  'tests/skipped.test.ts': "import { it } from '@jest/globals';\n\nit.skip('hides', () => undefined);\n",
  'tests/skipped-suite.test.ts':
    "import { describe, it } from '@jest/globals';\n\ndescribe.skip('hides', () => {\n  it('a test', () => undefined);\n});\n",
  'tests/only.test.ts':
    "import { it } from '@jest/globals';\n\nit.only('hides the others', () => undefined);\n",
};

let project: PlantedProject;
beforeAll(async () => {
  project = await plantProject(FILES);
});
afterAll(() => project.remove());

it('`npm run check` runs every gate', async () => {
  const all = await scripts();
  const gates = Object.keys(all).filter((name) => name.startsWith('check:'));
  expect(gates).toEqual(['check:format', 'check:lint', 'check:types', 'check:arrows']);
  expect(all['check']).toBe(gates.map((name) => `npm run -s ${name}`).join(' && '));
});

it('the format gate names a badly formatted file, and no other', async () => {
  const ran = await runScript('check:format', project.folder);
  expect(ran.exitCode).not.toBe(0);
  expect(filesIn(ran)).toEqual(['shared/time/badly-formatted.ts']);
});

it('the lint gate finds floating promises, unused variables, any, skip and only', async () => {
  const ran = await runScript('check:lint', project.folder, ['--format', 'json']);
  expect(ran.exitCode).not.toBe(0);
  const { diagnostics } = JSON.parse(ran.stdout) as { diagnostics: { filename: string; code: string }[] };
  const found = diagnostics.map(({ filename, code }) => `${filename}: ${code}`);
  expect(found.toSorted()).toEqual([
    'shared/time/explicit-any.ts: typescript(no-explicit-any)',
    'shared/time/floating.ts: typescript(no-floating-promises)',
    'shared/time/unused.ts: eslint(no-unused-vars)',
    'tests/only.test.ts: jest(no-focused-tests)',
    'tests/skipped-suite.test.ts: jest(no-disabled-tests)',
    'tests/skipped.test.ts: jest(no-disabled-tests)',
  ]);
});

it('the type gate finds a wrong type and syntax that cannot be erased', async () => {
  const ran = await runScript('check:types', project.folder, ['--pretty', 'false']);
  expect(ran.exitCode).not.toBe(0);
  const found = [...ran.stdout.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+)/gm)];
  expect(found.map(([, file, code]) => `${file}: ${code}`).toSorted()).toEqual([
    'shared/time/not-erasable.ts: TS1294',
    'shared/time/wrong-type.ts: TS2322',
  ]);
});

function filesIn({ stdout, stderr }: Ran): string[] {
  return Object.keys(FILES).filter((file) => `${stdout}${stderr}`.includes(file));
}
