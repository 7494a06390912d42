import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { aJob, isAlive, Rig } from './rig.ts';

/** An adapter that does what the job's parameter `script` says. */
const SCRIPTED = `
  import { readFileSync, writeFileSync, symlinkSync, mkdirSync } from 'node:fs';
  import { spawn } from 'node:child_process';
  import { once } from 'node:events';
  import { join } from 'node:path';
  const [, , option, file] = process.argv;
  const job = JSON.parse(readFileSync(file, 'utf8'));
  const result = (value) => writeFileSync(job.resultFile, typeof value === 'string' ? value : JSON.stringify(value));
  const done = (...names) => result({ schemaVersion: 1, outcome: 'succeeded',
    outputs: names.map((fileName) => ({ fileName, role: 'other', contentType: 'text/plain' })) });
  await eval('(async () => {' + job.parameters.script + '})()');
`;

describe('an adapter that does not keep to its contract', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await Rig.start();
    await rig.agent({ adapters: await rig.adapter(SCRIPTED) });
  });
  afterAll(async () => rig.stop());

  const runs = async (script: string, changes: Partial<Job> = {}) =>
    rig.run(aJob({ ...changes, parameters: { ...changes.parameters, script } }));

  it.each([
    ['a path out of the output folder', `done('../result.json');`],
    ['an absolute path', `done('/etc/hostname');`],
    [
      'a link to a file elsewhere',
      `symlinkSync('/etc/hostname', join(job.outputFolder, 'a.nc')); done('a.nc');`,
    ],
    [
      'a link to a file beside it',
      `writeFileSync(join(job.outputFolder, 'b.nc'), 'b'); symlinkSync('b.nc', join(job.outputFolder, 'a.nc')); done('a.nc');`,
    ],
    ['a folder', `mkdirSync(join(job.outputFolder, 'a.nc')); done('a.nc');`],
    ['a file that is not there', `done('a.nc');`],
    ['the same name twice', `writeFileSync(join(job.outputFolder, 'a.nc'), 'a'); done('a.nc', 'A.nc');`],
    ['a result that is not JSON', `result('{');`],
    ['a result of another shape', `result({ schemaVersion: 1, outcome: 'perhaps' });`],
    ['a result file that is a link', `symlinkSync('/etc/hostname', job.resultFile);`],
    ['no result at all', ``],
  ])('fails for good over %s', async (_name, source) => {
    const result = await runs(source);
    expect(result).toMatchObject({ kind: 'failed', error: { code: 'ADAPTER_PROTOCOL', retryable: false } });
    expect(rig.api.uploads.size).toBe(0);
  });

  it('fails for now when it ends with an exit code and no result', async () => {
    expect(await runs('process.exit(9);')).toMatchObject({
      error: {
        code: 'ESPRIT_CRASHED',
        message: 'the adapter ended with exit code 9 and left no result',
        retryable: true,
      },
    });
  });

  it('may say anything on stdout and stderr, of which the last lines are kept', async () => {
    const result = await runs(`
      process.stdout.write('x'.repeat(5_000_000));
      process.stdout.write('\\n{"type":"progress"}\\n{"type":\\n\\u0000\\u001b[31mred\\n' + '\\ufffd'.repeat(10));
      for (let n = 0; n < 20_000; n += 1) process.stdout.write('{"type":"log","level":"info","message":"line ' + n + '"}\\n');
      process.stderr.write('on stderr\\n');
      done();
    `);
    expect(result.kind).toBe('succeeded');
    expect(result.logTail).toHaveLength(50);
    expect(result.logTail?.some((line) => line.length > 500)).toBe(false);
    expect(result.logTail).toContain('info: line 19999');
  });

  it('gets the job file by one argument, and no more of the environment than any program needs', async () => {
    const result = await runs(
      `console.log(JSON.stringify([option, Object.keys(process.env).sort()])); done();`,
    );
    const [option, names] = JSON.parse(result.logTail?.at(-1) ?? '[]') as [string, string[]];
    expect(option).toBe('--job');
    expect(names.filter((name) => !['PATH', 'HOME', 'LANG', 'TMPDIR'].includes(name))).toEqual([]);
  });

  it('cannot be given options, paths or shell words by a message', async () => {
    const marker = join(rig.folder, 'marker');
    const evil = `--eval $(touch ${marker}); ../../x`;
    const routing = { ...aJob().routing, name: evil, itemCode: '../../../etc' };
    const result = await runs(`console.log(JSON.stringify(process.argv.length)); done();`, {
      commandType: '--help',
      parameters: { [evil]: evil },
      routing,
    });
    expect(result).toMatchObject({ kind: 'succeeded', logTail: ['4'] });
    await expect(writeFile(marker, '', { flag: 'wx' })).resolves.toBeUndefined();
  });

  it('leaves no process of its own behind', async () => {
    const result = await runs(`
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      await once(child, 'spawn');
      console.log(child.pid);
      done();
      process.exit(0);
    `);
    expect(result.kind).toBe('succeeded');
    expect(await isAlive(Number(result.logTail?.at(-1)))).toBe(false);
  });
});
