import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { LOCAL_ONLY } from './local-only.ts';

const folder = import.meta.dirname;
/** What a suite may import: nothing that reaches into the process of the app. */
const PORTABLE =
  /^(?:@jest\/globals|durable-functions|node:crypto|\.\/durable-app\.ts|\.\/suite-app\/main\.ts)$/;

const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8');
const filesLike = async (pattern: RegExp): Promise<string[]> =>
  (await readdir(folder)).filter((name) => pattern.test(name));

describe('the tests of the Durable backend', () => {
  it('run in the suites for every app, or are declared as local only', async () => {
    const known = [...Object.keys(LOCAL_ONLY), 'local-backend.test.ts', 'declared.test.ts'];
    expect((await filesLike(/\.test\.ts$/)).toSorted()).toEqual(known.toSorted());
  });

  it('of the suites reach into no process, so that a deployed app can pass them', async () => {
    for (const name of [...(await filesLike(/\.suite\.ts$/)), 'durable-app.ts', 'suite-app/main.ts'])
      for (const [, imported = ''] of (await read(name)).matchAll(/ from '([^']+)';|^import '([^']+)';/gm))
        expect({ name, imported }).toEqual({ name, imported: expect.stringMatching(PORTABLE) });
  });

  it('of the suites all run over the local backend and over a deployed app', async () => {
    for (const suite of await filesLike(/\.suite\.ts$/))
      for (const runner of ['local-backend.test.ts', 'deployed.durable-task.ts'])
        expect(await read(runner)).toContain(`from './${suite}'`);
  });

  it('drive an app that is deployed with the packages of the product', async () => {
    const own = JSON.parse(await read('suite-app/package.json')) as { dependencies: object };
    const product = JSON.parse(await read('../../../package.json')) as { dependencies: object };
    expect(product.dependencies).toMatchObject(own.dependencies);
  });
});
