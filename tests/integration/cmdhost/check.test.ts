import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeCertificate } from '../../../cmdhost/certificates/make-certificate.ts';
import type { CmdhostConfigFile } from '../../../shared/config/cmdhost.ts';
import { enrolledWorkstation, type Enrolled } from './enrolled.ts';
import { Rig } from './rig.ts';
import { levels, reportOf, runCmdhost } from './run-cmdhost.ts';

let station: Enrolled;
let file: string;
beforeEach(async () => {
  station = await enrolledWorkstation();
  file = join(station.folder, 'cmdhost.json');
  await save({});
});
afterEach(async () => station.stop());

/** The configuration as a file, with durations as it wants them. */
async function save(changes: Record<string, unknown>): Promise<void> {
  const { idlePollInterval: _poll, stopGracePeriod: _grace, ...rest } = station.config;
  const adapters = rest.adapters.map(({ keepWarm: _warm, ...adapter }) => adapter);
  await writeFile(
    file,
    JSON.stringify({ ...rest, adapters, ...changes } satisfies Partial<CmdhostConfigFile>),
  );
}
const check = async () => reportOf(['check', '--config', file]);

describe('cmdhost check', () => {
  it('finds nothing wrong with what enroll has made', async () => {
    const report = await check();
    expect(report).toMatchObject({ ok: true, exitCode: 0 });
    expect(levels(report)).toEqual([
      'configuration: ok',
      'private key: ok',
      'private key: ok',
      'certificate: ok',
      'certificate: ok',
      'work folder: ok',
      'work folder: ok',
      expect.stringMatching(/^work folder: (ok|warning)$/),
      'adapter esprit: ok',
    ]);
  });

  it('shows people a table', async () => {
    const { stdout, exitCode } = await runCmdhost(['check', '--config', file]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok +configuration +.*WS-01, 1 seat$/m);
  });

  it('names every wrong field at once', async () => {
    await save({ seats: 0, apiUrl: 'http://api.example.com', workstation: '' });
    const { findings, exitCode } = await check();
    expect(exitCode).toBe(1);
    expect(findings.map(({ detail }) => detail.split(':')[0])).toEqual(['workstation', 'seats', 'apiUrl']);
  });

  it.each([
    [0o644, 'problem'],
    [0o640, 'warning'],
    [0o600, 'ok'],
  ])('of a key with mode %o says %s', async (mode, level) => {
    await chmod(station.config.identity.privateKeyFile, mode);
    expect((await check()).findings.filter((found) => found.check === 'private key').at(-1)).toMatchObject({
      level,
    });
  });

  it('says that a key is missing, or is none', async () => {
    await rm(station.config.identity.privateKeyFile);
    expect((await check()).findings[1]).toMatchObject({ level: 'problem', next: 'cmdhost enroll makes it' });
    await writeFile(station.config.identity.privateKeyFile, 'no key', { mode: 0o600 });
    expect((await check()).findings[1]).toMatchObject({
      detail: expect.stringContaining('holds no private key'),
    });
  });

  it('notices a certificate of another key', async () => {
    const other = await makeCertificate({ subject: 'WS-02', days: 90, now: new Date() });
    await writeFile(station.certificateFile, other.certificatePem);
    const { findings, exitCode } = await check();
    expect(exitCode).toBe(1);
    expect(findings).toContainEqual(
      expect.objectContaining({
        level: 'problem',
        detail: expect.stringContaining('is not the certificate of'),
      }),
    );
  });

  it('notices adapters that cannot be started', async () => {
    const script = join(station.folder, 'no-such-adapter.mjs');
    await save({
      adapters: [
        { application: 'esprit', command: ['no-such-program'] },
        { application: 'solidworks', command: [process.execPath, script] },
      ],
    });
    expect((await check()).findings.slice(-2)).toMatchObject([
      { check: 'adapter esprit', level: 'problem', detail: expect.stringContaining('no-such-program') },
      { check: 'adapter solidworks', level: 'problem', detail: `${script} does not exist` },
    ]);
  });

  it('notices a work folder that is none', async () => {
    const workFolder = join(station.folder, 'taken');
    await writeFile(workFolder, '');
    await save({ workFolder });
    const { findings } = await check();
    expect(findings).toContainEqual(expect.objectContaining({ check: 'work folder', level: 'problem' }));
  });

  it('sees whether an agent works in the folder, without disturbing it', async () => {
    const rig = await Rig.start();
    try {
      const agent = await rig.agent();
      await save({ workFolder: rig.workFolder });
      const running = (await check()).findings;
      expect(running).toContainEqual(
        expect.objectContaining({ level: 'warning', detail: 'an agent runs here now' }),
      );
      await agent.kill('SIGTERM');
      expect((await check()).findings).toContainEqual(
        expect.objectContaining({ level: 'ok', detail: 'no agent runs here now' }),
      );
    } finally {
      await rig.stop();
    }
  });
});

describe('cmdhost enroll', () => {
  it('never overwrites a key or a certificate', async () => {
    const before = await readFile(station.config.identity.privateKeyFile, 'utf8');
    const again = await runCmdhost(['enroll', '--config', file]);
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('never overwritten') });
    expect(await readFile(station.config.identity.privateKeyFile, 'utf8')).toBe(before);
  });

  it('says what to do with the certificate', async () => {
    const folder = join(station.folder, 'new');
    await mkdir(folder);
    const identity = {
      ...station.config.identity,
      privateKeyFile: join(folder, 'key.pem'),
      certificateFile: join(folder, 'certificate.pem'),
    };
    await save({ identity });
    const { stdout, exitCode } = await runCmdhost(['enroll', '--config', file, '--days', '90']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/thumbprint {4}[0-9A-F]{40} /);
    expect(stdout).not.toContain('PRIVATE KEY-----');
    expect((await check()).exitCode).toBe(0);
  });
});
