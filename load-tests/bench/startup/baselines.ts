import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { median } from '../benchmark.ts';
import { memoryOf } from '../processes.ts';

const STARTS = 5;
const INSERTS = 50;

/** Seconds that `node -e 0` takes from start to end, median. */
export async function bareNodeStart(): Promise<number> {
  const seconds: number[] = [];
  for (let count = 0; count < STARTS; count += 1) {
    const startedAtMs = performance.now();
    await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
    seconds.push((performance.now() - startedAtMs) / 1000);
  }
  return median(seconds);
}

/** Memory in MB of a Node that does nothing. */
export async function bareNodeMemory(): Promise<number | undefined> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['-e', 'console.log("up"); setInterval(() => undefined, 1e6)'],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  try {
    if (child.stdout) await once(child.stdout, 'data');
    return child.pid === undefined ? undefined : await memoryOf([child.pid]);
  } finally {
    child.kill('SIGKILL');
  }
}

/** Milliseconds of one durable insert by bare `node:sqlite`, median; the file lies in `folder` and is deleted. */
export async function bareInsert(folder: string): Promise<number> {
  const path = join(folder, 'baseline.db');
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE T (text TEXT)');
    const insert = database.prepare('INSERT INTO T (text) VALUES (?)');
    const millis: number[] = [];
    for (let count = 0; count < INSERTS; count += 1) {
      const startedAtMs = performance.now();
      insert.run('x'.repeat(500));
      millis.push(performance.now() - startedAtMs);
    }
    return median(millis);
  } finally {
    database.close();
    for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true });
  }
}
