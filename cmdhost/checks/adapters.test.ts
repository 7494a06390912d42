import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { checkAdapters } from './adapters.ts';

describe('the executable of an adapter', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcms-adapters-'));
    for (const file of ['node.exe', 'old.com', 'npm.cmd', 'v2.1.exe', 'tool'])
      await writeFile(join(folder, file), '', { mode: 0o755 });
  });
  afterEach(async () => rm(folder, { recursive: true }));

  const found = async (name: string, platform: NodeJS.Platform) => {
    const adapter = { application: 'esprit' as const, command: [name], environment: {}, keepWarm: 0 };
    const [finding] = await checkAdapters([adapter], { platform, searchPath: folder });
    return finding?.level === 'ok' ? finding.detail : finding?.level;
  };

  it.each([
    ['node', 'win32', 'node.exe'],
    ['node.exe', 'win32', 'node.exe'],
    ['old', 'win32', 'old.com'],
    ['v2.1', 'win32', 'v2.1.exe'],
    ['tool', 'linux', 'tool'],
    ['node.exe', 'linux', 'node.exe'],
  ] as const)('%s on %s is %s', async (name, platform, file) => {
    expect(await found(name, platform)).toBe(join(folder, file));
    expect(await found(join(folder, name), platform)).toBe(join(folder, file));
  });

  it.each([
    ['node', 'linux'],
    ['npm', 'win32'],
    ['npm.cmd', 'win32'],
    ['tool', 'win32'],
    ['none', 'win32'],
  ] as const)('%s on %s cannot be started', async (name, platform) => {
    expect(await found(name, platform)).toBe('problem');
  });
});
