import { randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Job, ResultMessage } from '../../../shared/cam-commands/contracts.ts';
import { REFUSED_NAMES, takenNames } from './hostile-names.ts';
import { filesOutside, traces } from './probe.ts';
import { aJob, Rig } from './rig.ts';

const MARKER = `mcms-hostile-${randomUUID()}`;
const TAKEN_NAMES = takenNames(MARKER);

/** An adapter that does what the job's parameter `script` says. */
const SCRIPTED = `
  import { execFileSync } from 'node:child_process';
  import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
  import { once } from 'node:events';
  import { createServer } from 'node:net';
  import { join } from 'node:path';
  const job = JSON.parse(readFileSync(process.argv[3], 'utf8'));
  const result = (value) => writeFileSync(job.resultFile, typeof value === 'string' ? value : JSON.stringify(value));
  const done = (...outputs) => result({ schemaVersion: 1, outcome: 'succeeded', outputs });
  const output = (fileName, contentType = 'text/plain') => ({ fileName, role: 'other', contentType });
  const write = async (stream, chunk) => stream.write(chunk) || once(stream, 'drain');
  await eval('(async () => {' + job.parameters.script + '})()');
`;

describe('an adapter that has been taken over', () => {
  let rig: Rig;
  let before: string[];
  beforeAll(async () => {
    rig = await Rig.start();
    await rig.agent({ adapters: await rig.adapter(SCRIPTED) });
    before = await filesOutside(rig);
  });
  afterAll(async () => rig.stop());

  const runs = async (script: string, parameters: Job['parameters'] = {}): Promise<ResultMessage> =>
    rig.run(aJob({ parameters: { ...parameters, script } }));

  /** Refused for good, with nothing of it uploaded or written anywhere. */
  const expectRefused = async (result: ResultMessage): Promise<void> => {
    expect(result).toMatchObject({ kind: 'failed', error: { code: 'ADAPTER_PROTOCOL', retryable: false } });
    expect(result.error?.message.length).toBeGreaterThan(20);
    expect([...rig.api.uploads.keys()].filter((key) => key.startsWith(result.attemptId))).toEqual([]);
    expect(await filesOutside(rig)).toEqual(before);
    expect(await traces(rig, MARKER)).toEqual([]);
  };

  it('may give an output any name that is one, whatever a shell would make of it', async () => {
    const script = `for (const name of job.parameters.names) writeFileSync(join(job.outputFolder, name.normalize('NFC')), name);
      done(...job.parameters.names.map((name) => output(name)));`;
    const result = await runs(script, { names: TAKEN_NAMES });
    const filed = TAKEN_NAMES.map((fileName) => fileName.normalize('NFC'));
    expect(result.kind).toBe('succeeded');
    expect(result.outputs?.map(({ fileName }) => fileName)).toEqual(filed);
    expect(filed.map((name) => rig.api.uploads.get(`${result.attemptId}/${name}`)?.toString())).toEqual(
      TAKEN_NAMES,
    );
    expect(await filesOutside(rig)).toEqual(before);
    expect(await traces(rig, MARKER)).toEqual([]);
  });

  it.each(REFUSED_NAMES)('may not name an output as %s', async (_name, fileName) => {
    // As JSON of its own: a lone surrogate goes through no message.
    await expectRefused(
      await runs(`done(output(JSON.parse(job.parameters.name)));`, { name: JSON.stringify(fileName) }),
    );
  });

  it.each([
    ['in case only', ['a.nc', 'A.NC']],
    ['in the form of Unicode only', ['\u00fcber.nc', 'u\u0308ber.nc']],
  ])('may not name two outputs that differ %s', async (_name, names) => {
    const script = `for (const name of job.parameters.names) writeFileSync(join(job.outputFolder, name), name);
      done(...job.parameters.names.map((name) => output(name)));`;
    await expectRefused(await runs(script, { names }));
  });

  it.each([
    ['a header of its own', 'text/plain\r\nx-ms-meta-evil: 1'],
    ['no media type', 'anything'],
  ])('may not give a content type with %s', async (_name, type) => {
    const script = `writeFileSync(join(job.outputFolder, 'a.nc'), 'G0'); done(output('a.nc', job.parameters.type));`;
    await expectRefused(await runs(script, { type }));
  });

  it.each([
    [
      'a link to a good one',
      `writeFileSync('good.json', '{"schemaVersion":1,"outcome":"succeeded","outputs":[]}'); symlinkSync('good.json', job.resultFile);`,
    ],
    ['a link to a device', `symlinkSync('/dev/zero', job.resultFile);`],
    ['a link to itself', `symlinkSync(job.resultFile, job.resultFile);`],
    ['a folder', `mkdirSync(job.resultFile);`],
    ['a pipe that nobody writes to', `execFileSync('mkfifo', [job.resultFile]);`],
    [
      'a socket',
      `const server = createServer().listen(job.resultFile); await once(server, 'listening'); process.exit(0);`,
    ],
    [
      'larger than 1 MiB',
      `result(JSON.stringify({ schemaVersion: 1, outcome: 'succeeded', outputs: [] }).padEnd(2 * 1024 * 1024));`,
    ],
    ['not JSON', `result('succeeded');`],
    ['empty', `result('');`],
    ['binary', `writeFileSync(job.resultFile, Buffer.alloc(1000, 0xff));`],
    ['as deep as it is long', `result('['.repeat(500_000) + ']'.repeat(500_000));`],
    ['wrong in thousands of places', `done(...Array(10_000).fill({}));`],
    ['of a later version', `result({ schemaVersion: 2, outcome: 'succeeded', outputs: [] });`],
    [
      'a failure whose code is none',
      `result({ schemaVersion: 1, outcome: 'failed', error: { code: '$(x)', message: 'x', retryable: true } });`,
    ],
  ])('may not leave a result that is %s', async (_name, script) => {
    await expectRefused(await runs(script));
  });

  it.each([
    ['in a folder that is gone', `rmSync(job.outputFolder, { recursive: true }); done(output('a.nc'));`],
    ['a pipe', `execFileSync('mkfifo', [join(job.outputFolder, 'a.nc')]); done(output('a.nc'));`],
    [
      'in a folder that is a link to another',
      `rmSync(job.outputFolder, { recursive: true }); mkdirSync('elsewhere'); writeFileSync('elsewhere/a.nc', 'G0');
       symlinkSync('elsewhere', job.outputFolder); done(output('a.nc'));`,
    ],
  ])('may not hand over an output that is %s', async (_name, script) => {
    await expectRefused(await runs(script));
  });

  it('may print 100 MB on one line, and rubbish: the log tail stays small and readable', async () => {
    const result = await runs(`
      const megabyte = Buffer.alloc(1_000_000, 'x');
      for (let n = 0; n < 100; n += 1) await write(process.stdout, megabyte);
      await write(process.stdout, '\\n');
      for (let n = 0; n < 256; n += 1) await write(process.stderr, Buffer.alloc(5_000, n));
      await write(process.stdout, '{"type":"progress","phase":' + '{"a":'.repeat(3_000) + '\\n');
      await write(process.stdout, '{"type":"progress","phase":"' + 'p'.repeat(10_000) + '","percent":1e999}\\n');
      await write(process.stdout, JSON.stringify({ type: 'log', level: 'info', message: '\\u001b]0;title\\u0007end' }) + '\\n');
      done();`);
    expect(result.kind).toBe('succeeded');
    expect(result.logTail?.length).toBeLessThanOrEqual(50);
    for (const line of result.logTail ?? []) {
      expect(line.length).toBeLessThanOrEqual(500);
      // eslint-disable-next-line no-control-regex
      expect(line).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
    }
    expect(result.logTail?.at(-1)).toMatch(/^info: .*end$/);
  });

  it('loses its own folders only: what its links point to is not removed with them', async () => {
    const precious = join(rig.folder, 'precious');
    await mkdir(precious);
    await writeFile(join(precious, 'file'), 'kept');
    const { attemptId, kind } = await runs(
      `symlinkSync(job.parameters.precious, 'link'); symlinkSync(job.parameters.precious, join(job.outputFolder, 'link')); done();`,
      { precious },
    );
    expect(kind).toBe('succeeded');
    const folders = async (): Promise<string[]> => readdir(join(rig.workFolder, 'runs'));
    while ((await folders()).includes(attemptId)) await delay(50);
    expect(await readdir(precious)).toEqual(['file']);
  });
});
