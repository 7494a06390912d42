import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerClient } from '../../../local/identity/clients.ts';
import { freePort } from '../../../local/supervisor/ports.ts';
import type { CmdhostConfigFile } from '../../../shared/config/cmdhost.ts';
import { startStack, type TestStack } from '../../support/stack.ts';
import { levels, type Report, reportOf } from './run-cmdhost.ts';

let stack: TestStack;
let config: CmdhostConfigFile;
let deadPort: number;
beforeAll(async () => {
  stack = await startStack({ cmdhosts: 1 });
  const file = join(stack.stateDir, 'cmdhost-1', 'config.json');
  config = JSON.parse(await readFile(file, 'utf8')) as CmdhostConfigFile;
  deadPort = await freePort();
}, 60_000);
afterAll(() => stack?.stop());

/** The doctor's report on the stack's own configuration with `changes`. */
async function doctor(
  changes: Partial<CmdhostConfigFile> = {},
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Report & { exitCode: number }> {
  const file = join(stack.stateDir, 'doctor.json');
  await writeFile(file, JSON.stringify({ ...config, ...changes }));
  return reportOf(['doctor', '--config', file, ...args], { HTTPS_PROXY: '', https_proxy: '', ...env });
}
const finding = ({ findings }: Report, check: string) => findings.find((found) => found.check === check);

describe('cmdhost doctor', () => {
  it('finds a working installation in order, from the token to both queues', async () => {
    const report = await doctor({}, ['--blob-url', `http://127.0.0.1:${stack.ports.blob}`]);
    expect(report.exitCode).toBe(0);
    expect(levels(report).slice(-7)).toEqual([
      'token: ok',
      'API: ok',
      'clock: ok',
      'API access: ok',
      'queue esprit-dispatch: ok',
      'queue esprit-results: ok',
      'Blob Storage: ok',
    ]);
    expect(finding(report, 'token')?.detail).toBe('given, with the role Mcms.CmdHost');
  });

  it('names the service that cannot be reached, and still looks at the others', async () => {
    const report = await doctor({ apiUrl: `http://127.0.0.1:${deadPort}` });
    expect(report.exitCode).toBe(1);
    expect(finding(report, 'API')).toMatchObject({
      level: 'problem',
      detail: `127.0.0.1:${deadPort} refuses the connection (ECONNREFUSED)`,
    });
    expect(finding(report, 'queue esprit-results')?.level).toBe('ok');
  });

  it('says when DNS does not know the identity service, and what then waits', async () => {
    const tokenEndpoint = 'https://login.mcms.invalid/oauth2/v2.0/token';
    const report = await doctor({ identity: { ...config.identity, tokenEndpoint } });
    expect(finding(report, 'token')?.detail).toMatch(/^DNS does not know login\.mcms\.invalid/);
    expect(finding(report, 'API access')).toMatchObject({
      level: 'warning',
      detail: 'not looked at without a token',
    });
  });

  it('says when TLS fails', async () => {
    const tokenEndpoint = `https://127.0.0.1:${stack.ports.identity}/oauth2/v2.0/token`;
    const report = await doctor({ identity: { ...config.identity, tokenEndpoint } });
    expect(finding(report, 'token')?.detail).toMatch(/^TLS to 127\.0\.0\.1:\d+ fails/);
  });

  it("gives the identity service's own refusal", async () => {
    const report = await doctor({ identity: { ...config.identity, clientId: 'WS-77' } });
    expect(finding(report, 'token')?.detail).toMatch(/^refused: 401 invalid_client: /);
  });

  it('tells a token without the role from one with it', async () => {
    const privateKeyFile = join(stack.stateDir, 'reader.pem');
    await registerClient(
      stack.stateDir,
      { clientId: 'WS-88', grants: { kind: 'application', roles: ['Mcms.Reader'] } },
      privateKeyFile,
    );
    const report = await doctor({ identity: { ...config.identity, clientId: 'WS-88', privateKeyFile } });
    expect(finding(report, 'token')).toMatchObject({
      level: 'problem',
      detail: 'given, without the role Mcms.CmdHost',
    });
    expect(finding(report, 'API access')?.detail).toMatch(/^403/);
  });

  it('says when the broker is away', async () => {
    const connectionString = `Endpoint=sb://127.0.0.1:${deadPort};SharedAccessKeyName=local;SharedAccessKey=topsecret;UseDevelopmentEmulator=true`;
    const report = await doctor({ serviceBus: { connectionString } });
    for (const queue of ['queue esprit-dispatch', 'queue esprit-results'])
      expect(finding(report, queue)).toMatchObject({
        level: 'problem',
        detail: expect.stringContaining(`127.0.0.1:${deadPort}`),
      });
    expect(JSON.stringify(report)).not.toContain('topsecret');
  }, 60_000);

  it('warns of a proxy that AMQP does not go through', async () => {
    const report = await doctor({}, [], { HTTPS_PROXY: 'http://proxy.example:8080' });
    expect(finding(report, 'proxy')).toMatchObject({ level: 'warning' });
  });
});
