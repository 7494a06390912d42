import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrateDatabase } from '../../shared/data/migrate.ts';

const ROWS = 36_000;
const EVERY_REJECTED = 500;

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcms-interrupted-'));
  file = join(folder, 'history.csv');
  const out = createWriteStream(file);
  out.write('itemCode,changeType,field,currentValue,changedAt,changedBy\r\n');
  for (let row = 0; row < ROWS; row += 1) {
    const changedAt = row % EVERY_REJECTED === 3 ? 'yesterday' : new Date(1.4e12 + row * 1000).toISOString();
    out.write(`I-${row % 50},ItemChanged,name,"값 ${row}\r\nand more",${changedAt},kim\r\n`);
  }
  out.end();
  await once(out, 'finish');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Place {
  readonly path: string;
  readonly rejected: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

async function place(name: string): Promise<Place> {
  const path = join(folder, `${name}.db`);
  await migrateDatabase(`sqlite:${path}`, resolve('infra/sql'), () => new Date());
  const rejected = join(folder, `${name}.rejected.ndjson`);
  const args = ['cli/import-history.ts', file, '--allow-unknown', '--rejected', rejected];
  return { path, rejected, args, env: { PATH: process.env['PATH'], SqlConnection: `sqlite:${path}` } };
}

function query<Row>(path: string, sql: string): Row[] {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    return database.prepare(sql).all() as Row[];
  } finally {
    database.close();
  }
}

const rowsRead = (path: string): number =>
  query<{ rowsRead: number }>(path, 'select rowsRead from ImportRun')[0]?.rowsRead ?? 0;

/** The import, once it has committed rows and still has some to do. */
async function startedImport({ path, args, env }: Place): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { env, stdio: 'ignore' });
  const deadline = performance.now() + 15_000;
  while (rowsRead(path) === 0) {
    if (performance.now() > deadline) throw new Error('the import has committed nothing');
    await delay(5);
  }
  return child;
}

async function run({ args, env }: Place): Promise<{ code: number; stdout: string }> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout } = error as { code: number; stdout: string };
    return { code, stdout };
  }
}

function contents({ path, rejected }: Place) {
  return {
    history: query(path, 'select * from HistoryEntry order by seq'),
    run: query(
      path,
      'select kind, fileDigest, rowsRead, rowsWritten, rowsRejected, byteOffset, state from ImportRun',
    ),
    rejects: existsSync(rejected) ? readFileSync(rejected, 'utf8') : '',
  };
}

describe('an import that is interrupted', () => {
  it('ends, after kill -9 and a second run, with exactly what one run leaves', async () => {
    const whole = await place('whole');
    expect(await run(whole)).toMatchObject({ code: 3 });

    const killed = await place('killed');
    const child = await startedImport(killed);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const done = rowsRead(killed.path);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(ROWS);

    const second = await run(killed);
    expect(second).toMatchObject({
      code: 3,
      stdout: expect.stringContaining(`went on after row ${done.toLocaleString('en-US')}`),
    });
    const wanted = contents(whole);
    expect(contents(killed)).toEqual(wanted);
    expect(wanted.history).toHaveLength(ROWS - ROWS / EVERY_REJECTED);
    expect(wanted.rejects.split('\n')).toHaveLength(ROWS / EVERY_REJECTED + 1);

    expect(await run(killed)).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing to do') });
  }, 60_000);

  it('ends cleanly by Ctrl-C and says that the same command goes on', async () => {
    const stopped = await place('stopped');
    const child = await startedImport(stopped);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([130, null]);
    const done = rowsRead(stopped.path);
    expect(done).toBeLessThan(ROWS);
    expect(query(stopped.path, 'select 1 from HistoryEntry')).toHaveLength(
      query<{ rowsWritten: number }>(stopped.path, 'select rowsWritten from ImportRun')[0]?.rowsWritten ?? 0,
    );
    expect(await run(stopped)).toMatchObject({ code: 3 });
    expect(rowsRead(stopped.path)).toBe(ROWS);
  }, 60_000);
});
