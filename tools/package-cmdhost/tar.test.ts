import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { tarGz } from './tar.ts';

const LONG = `${'folder/'.repeat(15)}${'n'.repeat(90)}.js`;
const ENTRIES = [
  { path: 'p/run.sh', content: Buffer.from('#!/bin/sh\n'), executable: true },
  { path: 'p/empty', content: Buffer.alloc(0), executable: false },
  { path: LONG, content: Buffer.alloc(1025, 'x'), executable: false },
];

it('an archive is read by tar as it was written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-tar-'));
  try {
    await writeFile(join(folder, 'a.tgz'), tarGz(ENTRIES));
    execFileSync('tar', ['-xzf', 'a.tgz'], { cwd: folder });
    expect(await readFile(join(folder, LONG), 'utf8')).toBe('x'.repeat(1025));
    expect((await stat(join(folder, 'p/run.sh'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(folder, 'p/empty'))).size).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it('the same files give the same bytes, in whatever order', () => {
  expect(tarGz(ENTRIES).equals(tarGz([...ENTRIES].reverse()))).toBe(true);
});

it('a path that does not fit is refused', () => {
  const path = 'x'.repeat(101);
  expect(() => tarGz([{ path, content: Buffer.alloc(0), executable: false }])).toThrow('too long');
});
