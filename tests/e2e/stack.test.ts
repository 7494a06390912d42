import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { startStack, until, type TestStack } from '../support/stack.ts';

const run = promisify(execFile);

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack({ cmdhosts: 1 });
}, 60_000);
afterAll(() => stack?.stop());

/** Runs the token command as `npm run -s token` does. */
async function tokenCommand(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, MCMS_STATE_DIR: stack.stateDir };
  try {
    const { stdout, stderr } = await run(process.execPath, ['bin/run.mjs', 'cli/token.ts', ...args], { env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

const statusWith = async (token: string): Promise<number> =>
  (await fetch(`${stack.apiUrl}/items`, { headers: { authorization: `Bearer ${token}` } })).status;

describe('the stack of the product', () => {
  it('runs every part as a process that is named in pids.json and names its part', async () => {
    const pids = await stack.pids();
    const named = {
      supervisor: 'local/main.ts',
      'functions-host': 'local/functions-host',
      'service-bus': 'local/service-bus',
      identity: 'local/identity',
      azurite: 'azurite',
      capture: 'local/capture',
      'cmdhost-1': 'cmdhost',
    };
    expect(Object.keys(pids).toSorted()).toEqual(Object.keys(named).toSorted());
    for (const [part, text] of Object.entries(named)) {
      const { stdout } = await run('ps', ['-o', 'args=', '-p', String(pids[part])]);
      expect(stdout).toContain(text);
    }
  });

  it('prints addresses, a request to paste, and ready on a line of its own', () => {
    for (const address of [
      stack.apiUrl,
      stack.issuer,
      `127.0.0.1:${stack.ports.blob}`,
      `127.0.0.1:${stack.ports.amqp}`,
    ])
      expect(stack.output()).toContain(address);
    expect(stack.output()).toMatch(/curl .*npm run -s token -- --roles Mcms\.Engineer/);
    expect(stack.output()).toMatch(/^ready$/m);
  });

  it('listens on 127.0.0.1 alone: the same ports are free on another address of this machine', async () => {
    for (const port of Object.values(stack.ports)) {
      const server = createServer();
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject).listen({ port, host: '127.0.0.2', exclusive: true }, resolve);
      });
      server.close();
    }
  });

  it('is back after kill -9 of the host', async () => {
    const before = (await stack.pids())['functions-host'];
    await stack.kill('functions-host');
    await stack.untilRunning('functions-host', before);
    await until(
      async () => (await fetch(`${stack.apiUrl}/health/ready`).catch(() => undefined))?.status === 200,
      'the API to be ready again',
    );
  });
});

describe('npm run token', () => {
  it('prints nothing but a token, which the API takes', async () => {
    const { code, stdout } = await tokenCommand('--roles', 'Mcms.Engineer');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(await statusWith(stdout.trim())).toBe(200);
  });

  it('names a person after the roles, unless told a name', async () => {
    const nameIn = ({ stdout }: { stdout: string }): unknown =>
      JSON.parse(Buffer.from(stdout.split('.')[1] ?? '', 'base64url').toString()).name;
    expect(nameIn(await tokenCommand('--roles', 'Mcms.Approver'))).toBe('approver@mcms.local');
    expect(nameIn(await tokenCommand('--roles', 'Mcms.Reader', '--name', 'Kim'))).toBe('Kim');
  });

  it.each([
    [['--roles', 'Mcms.Boss'], /unknown role "Mcms\.Boss"; the roles are Mcms\.Machinist/],
    [[], /--roles is missing/],
    [['--roles', 'Mcms.Reader', '--minutes', 'x'], /--minutes is a whole number/],
    [['--role', 'Mcms.Reader'], /Unknown option '--role'/],
  ])('explains %j', async (args, explanation) => {
    const { code, stdout, stderr } = await tokenCommand(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(explanation);
  });
});

describe('a token of the test helper', () => {
  it.each([
    ['good', {}, 200],
    ['expired', { lifetimeSeconds: -60 * 60 }, 401],
    ['for another audience', { audience: 'api://other' }, 401],
    ['of another issuer', { issuer: 'https://login.example/v2.0' }, 401],
  ])('that is %s (%j) is answered %i', async (_what, changes, status) => {
    expect(await statusWith(await stack.token(['Mcms.Reader'], undefined, changes))).toBe(status);
  });
});
