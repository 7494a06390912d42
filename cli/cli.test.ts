import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

let stateDir: string;
beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'mcms-cli-'));
});
afterAll(() => rm(stateDir, { recursive: true, force: true }));

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  tool: 'seed' | 'migrate',
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join('cli', `${tool}.ts`), ...args],
      { env: { PATH: process.env['PATH'], MCMS_STATE_DIR: stateDir, ...env } },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

describe('migrate and seed from the command line', () => {
  it('lead from nothing to the demo shop', async () => {
    expect(await run('migrate', ['--status'])).toMatchObject({
      code: 3,
      stdout: expect.stringContaining('pending   0001_core.sql'),
    });
    expect(await run('migrate', ['--dry-run'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('CREATE TABLE Item ('),
    });
    expect(await readdir(stateDir)).toEqual([]);
    expect(await run('migrate', [])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('applied   0001_core.sql'),
    });
    expect(await run('migrate', ['--status'])).toMatchObject({ code: 0 });

    expect(await run('seed', ['--demo'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^seed: 200 items, 600 revisions, .*\n$/),
    });
    expect(await run('seed', ['--demo'])).toMatchObject({
      code: 0,
      stdout: 'seed: the database has items already, nothing to do\n',
    });
    expect(await run('seed', ['--items', '2'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--reset'),
    });
    expect(await run('seed', ['--items', '2', '--history', '40', '--reset'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 items, 6 revisions, 2 routings, 2 CAM revisions'),
    });
  });

  it.each(['seed', 'migrate'] as const)('%s explains itself, and what is wrong usage', async (tool) => {
    const [help, wrong] = await Promise.all([run(tool, ['--help']), run(tool, ['--bogus'])]);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: npm run') });
    expect(wrong).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining("'--bogus'") });
  });

  it.each(['seed', 'migrate'] as const)('%s names a wrong setting', async (tool) => {
    const args = tool === 'seed' ? ['--demo'] : [];
    expect(await run(tool, args, { SqlConnection: 'nonsense' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('SqlConnection'),
    });
  });

  it('seed says that a database is not there', async () => {
    const connection = `sqlite:${join(stateDir, 'none.db')}`;
    expect(await run('seed', ['--demo'], { SqlConnection: connection })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm run migrate'),
    });
  });
});
