import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ChildLog, isProblem } from './child-log.ts';

describe('a line of a part', () => {
  it.each([
    ['{"time":"t","level":"warn","message":"slow"}', false, true],
    ['{"time":"t","level":"error","message":"broken"}', true, true],
    ['{"time":"t","level":"info","message":"fine"}', true, false],
    ['2026-11-23T08:00:00.000Z WARNING host - late', false, true],
    ['2026-11-23T08:00:00.000Z INFORMATION host - fine', true, false],
    ['listening', false, false],
    ['Error: something', true, true],
    ['', true, false],
  ])('%s (stderr: %s) goes to the terminal: %s', (line, isErrorStream, expected) => {
    expect(isProblem(line, isErrorStream)).toBe(expected);
  });
});

describe('the log of a part', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcms-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Writes the lines as a process would, and waits until they are taken. */
  async function write(log: ChildLog, lines: readonly string[], stream: 'stdout' | 'stderr'): Promise<void> {
    const streams = { stdout: new PassThrough(), stderr: new PassThrough() };
    log.follow(streams.stdout, streams.stderr);
    for (const { end } of [streams.stdout, streams.stderr].map((each) => ({ end: each }))) {
      if (end === streams[stream]) end.write(lines.map((line) => `${line}\n`).join(''));
      end.end();
    }
    await Promise.all([finished(streams.stdout), finished(streams.stderr)]);
  }

  it('keeps everything in the file and shows problems on the terminal, with the name of the part', async () => {
    const shown: string[] = [];
    const log = new ChildLog({ folder, name: 'part', terminal: (line) => shown.push(line), nowMs: () => 0 });
    await write(log, ['all is well'], 'stdout');
    await write(log, ['all is lost'], 'stderr');
    expect(readFileSync(log.path, 'utf8')).toBe('all is well\nall is lost\n');
    expect(shown).toEqual(['[part] all is lost']);
    expect(log.lastProblems).toEqual(['all is lost']);
    log.close();
  });

  it('shows twenty lines a second and says where the rest is', async () => {
    const shown: string[] = [];
    const log = new ChildLog({ folder, name: 'part', terminal: (line) => shown.push(line), nowMs: () => 0 });
    await write(
      log,
      Array.from({ length: 100 }, (_, index) => `problem ${index}`),
      'stderr',
    );
    expect(shown).toHaveLength(21);
    expect(shown.at(-1)).toBe(`[part] … more in ${log.path}`);
    expect(log.lastProblems).toHaveLength(15);
    log.close();
  });

  it('never grows past two files of the size allowed', async () => {
    const options = { folder, name: 'part', terminal: () => undefined, nowMs: () => 0, maxFileBytes: 1000 };
    const log = new ChildLog(options);
    await write(
      log,
      Array.from({ length: 500 }, (_, index) => `line ${index}`),
      'stdout',
    );
    expect(statSync(log.path).size).toBeLessThan(1100);
    expect(statSync(`${log.path}.1`).size).toBeLessThan(1100);
    expect(readFileSync(log.path, 'utf8')).toContain('line 499');
    log.close();
  });
});
