import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { killLeftover, processIdentity } from './processes.ts';

describe('processes left over', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  const aProcess = async (): Promise<number> => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      detached: true,
      stdio: 'ignore',
    });
    children.push(child);
    await once(child, 'spawn');
    return child.pid ?? 0;
  };

  it('have an identity that stays, and differs from any other', async () => {
    const [first, second] = [await aProcess(), await aProcess()];
    expect(await processIdentity(first)).toBe(await processIdentity(first));
    expect(await processIdentity(first)).not.toBe(await processIdentity(second));
  });

  it('are ended when they are surely the same', async () => {
    const pid = await aProcess();
    const identity = (await processIdentity(pid)) ?? '';
    expect(await killLeftover({ pid, identity })).toBe('killed');
    expect(await processIdentity(pid)).toBeUndefined();
    expect(await killLeftover({ pid, identity })).toBe('was-gone');
  });

  it('are left alone when another process has got the id', async () => {
    const pid = await aProcess();
    expect(await killLeftover({ pid, identity: 'of one that is long gone' })).toBe('was-gone');
    expect(await processIdentity(pid)).toBeDefined();
  });
});
