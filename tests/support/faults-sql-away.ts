import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';

const HOLD_LOCK = `
  const { DatabaseSync } = require('node:sqlite');
  const database = new DatabaseSync(process.argv[1], { timeout: 10000 });
  database.exec('begin exclusive');
  console.log('locked');
  process.stdin.resume().on('end', () => { database.exec('rollback'); database.close(); });`;

/** Another process with a write transaction that does not end before it is told to. */
export async function lockDatabase(path: string): Promise<ChildProcess> {
  const holder = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '-e', HOLD_LOCK, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  return holder;
}

/** @throws {Error} when the holder did not end well: then nothing was locked */
export async function unlockDatabase(holder: ChildProcess): Promise<void> {
  const ended = once(holder, 'exit');
  holder.stdin?.end();
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`the process that locked the database ended with ${String(code)}`);
}

/**
 * Moves the database with the files that belong to it; the answer moves it back. The database itself goes first and comes last: whoever
 * found it there without its log would begin a new one, and lose that to the old.
 */
export async function moveDatabaseAway(path: string, to: string): Promise<() => Promise<void>> {
  const away = join(to, basename(path));
  await mkdir(to, { recursive: true });
  for (const suffix of ['', '-wal', '-shm']) await moveIfThere(`${path}${suffix}`, `${away}${suffix}`);
  return async () => {
    for (const suffix of ['-wal', '-shm', '']) await moveIfThere(`${away}${suffix}`, `${path}${suffix}`);
  };
}

async function moveIfThere(from: string, to: string): Promise<void> {
  if (existsSync(from)) await rename(from, to);
}
