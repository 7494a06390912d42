import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cmdhostConfig, type CmdhostConfigFile } from '../../../shared/config/cmdhost.ts';
import { runScript, ROOT } from '../../contract/project/run-script.ts';
import { aJob, Rig } from './rig.ts';

const run = promisify(execFile);
/** Nothing of the checkout: no NODE_OPTIONS, no path to its packages. */
const BARE = { PATH: '/usr/bin:/bin', HOME: tmpdir() };

let folder: string;
let unpacked: string;
let cmdhost: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcms-package-test-'));
  const made = await runScript('package:cmdhost', ROOT, ['--out', folder]);
  if (made.exitCode !== 0) throw new Error(made.stderr);
  const archive = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  await run('tar', ['-xzf', archive], { cwd: folder });
  unpacked = join(folder, archive.replace(/-(linux|win)-.*$/, ''));
  cmdhost = join(unpacked, 'bin', 'cmdhost');
}, 180_000);
afterAll(async () => rm(folder, { recursive: true, force: true }));

describe('the package of the agent', () => {
  it('holds what its sums say', async () => {
    const { stdout } = await run('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: unpacked });
    expect(stdout).toBe('');
  });

  it('holds the agent and nothing of the rest', async () => {
    expect((await readdir(unpacked)).sort()).toEqual([
      'SHA256SUMS',
      'adapters',
      'bin',
      'cmdhost',
      'docs',
      'install',
      'node_modules',
      'package.json',
      'runtime',
      'shared',
    ]);
    const sums = await readFile(join(unpacked, 'SHA256SUMS'), 'utf8');
    expect(sums).not.toMatch(
      / (shared\/data|functions|local|tests)\/| (shared|cmdhost|install)\/.*\.test\.| node_modules\/(tedious|jest|typescript)\//,
    );
    expect(sums).toMatch(/ node_modules\/zod\/LICENSE$/m);
  });

  it('starts on its own Node, with no checkout around', async () => {
    const { stdout } = await run(cmdhost, ['--help'], { cwd: folder, env: BARE });
    expect(stdout).toMatch(/^usage: cmdhost/);
  });

  it('is installed by its script, and upgraded by it', async () => {
    const root = join(folder, 'root');
    const install = async () =>
      run(join(unpacked, 'install', 'install.sh'), [], { env: { ...BARE, MCMS_ROOT: root } });
    expect((await install()).stdout).toContain('Next: fill in');
    const config = join(root, 'etc/mcms-cmdhost/cmdhost.json');
    const written = cmdhostConfig.parse(JSON.parse(await readFile(config, 'utf8')));
    expect(written).toMatchObject({
      workFolder: '/var/lib/mcms-cmdhost',
      identity: { privateKeyFile: '/etc/mcms-cmdhost/keys/private-key.pem' },
    });
    await writeFile(config, '{}');
    await install();
    expect(await readFile(config, 'utf8')).toBe('{}');
    const { stdout } = await run(join(root, 'opt/mcms-cmdhost/current/bin/cmdhost'), ['--help'], {
      env: BARE,
    });
    expect(stdout).toMatch(/^usage/);
    expect(await readFile(join(root, 'etc/systemd/system/mcms-cmdhost.service'), 'utf8')).toContain(
      'Restart=always',
    );
  }, 120_000);

  it('that was changed on the way is not installed', async () => {
    const file = join(unpacked, 'cmdhost/main.js');
    const before = await readFile(file, 'utf8');
    await writeFile(file, `${before}//`);
    const installing = run(join(unpacked, 'install', 'install.sh'), [], {
      env: { ...BARE, MCMS_ROOT: join(folder, 'other') },
    });
    await expect(installing).rejects.toThrow('the package is not as it was packed');
    await writeFile(file, before);
  });

  it('enrols, checks, and runs a job to its result', async () => {
    const rig = await Rig.start();
    try {
      const config = await installation(rig);
      await run(cmdhost, ['enroll', '--config', config], { env: BARE });
      const { stdout } = await run(cmdhost, ['check', '--config', config], { env: BARE });
      expect(stdout).not.toMatch(/^problem/m);

      const agent = spawn(cmdhost, ['run', '--config', config], {
        env: BARE,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      try {
        await once(agent.stdout, 'data');
        expect(await rig.run(aJob())).toMatchObject({ kind: 'succeeded' });
        expect([...rig.api.uploads.keys()]).toEqual([
          expect.stringMatching(/\.nc$/),
          expect.stringMatching(/\.html$/),
        ]);
      } finally {
        agent.kill('SIGTERM');
        await once(agent, 'exit');
      }
    } finally {
      await rig.stop();
    }
  }, 120_000);
});

/** A configuration as an administrator would write it, with the simulator of the package as adapter. */
async function installation(rig: Rig): Promise<string> {
  const keys = join(rig.folder, 'keys');
  await mkdir(keys);
  const config: CmdhostConfigFile = {
    workstation: 'WS-01',
    seats: 1,
    apiUrl: rig.api.url,
    serviceBus: { connectionString: rig.connectionString },
    identity: {
      tokenEndpoint: `${rig.api.url}/token`,
      clientId: 'cmdhost-ws-01',
      privateKeyFile: join(keys, 'private-key.pem'),
      certificateFile: join(keys, 'certificate.pem'),
      scope: 'api://mcms/.default',
    },
    workFolder: rig.workFolder,
    adapters: [
      {
        application: 'esprit',
        command: [
          join(unpacked, 'runtime/node'),
          join(unpacked, 'cmdhost/adapters/esprit-simulator/main.js'),
        ],
      },
    ],
  };
  const file = join(rig.folder, 'installed.json');
  await writeFile(file, JSON.stringify(config));
  return file;
}
