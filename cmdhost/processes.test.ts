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

  it('have the same identity on Windows for every account, though not all may see the command line', async () => {
    const seenBy = async (commandLine: string) =>
      processIdentity(4711, 'win32', async (_tool, args) => {
        const shown = args.join(' ').includes('CommandLine') ? ` ${commandLine}` : '';
        return { stdout: `2026-11-23T09:00:00.1234567Z${shown}\r\n` };
      });
    expect(await seenBy('')).toBe('4711 2026-11-23T09:00:00.1234567Z');
    expect(await seenBy('adapter.exe --serve')).toBe(await seenBy(''));
    expect(await processIdentity(4711, 'win32', async () => ({ stdout: '\r\n' }))).toBeUndefined();
  });

  it.each([
    ['quick', 1, 5_000],
    ['slow', 2_000, 8_000],
  ])('are waited for by the clock, with a %s look at them', async (_name, lookMs, atMostMs) => {
    let nowMs = 0;
    const system = {
      identity: async () => {
        nowMs += lookMs;
        return 'the same';
      },
      killTree: async () => undefined,
      nowMs: () => nowMs,
      pause: async (delayMs: number) => (nowMs += delayMs),
    };
    expect(await killLeftover({ pid: 4711, identity: 'the same' }, system)).toBe('still-runs');
    expect(nowMs).toBeGreaterThanOrEqual(5_000);
    expect(nowMs).toBeLessThanOrEqual(atMostMs + 50);
  });

  it('are left alone when another process has got the id', async () => {
    const pid = await aProcess();
    expect(await killLeftover({ pid, identity: 'of one that is long gone' })).toBe('was-gone');
    expect(await processIdentity(pid)).toBeDefined();
  });
});
