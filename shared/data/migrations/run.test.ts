import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from '@jest/globals';
import { migrateDatabase, migrationStatus } from '../migrate.ts';
import { SqliteMigrationTarget } from '../sqlite/migration-target.ts';
import { readMigrations } from './read.ts';
import { migrate } from './run.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const A = 'CREATE TABLE A (seq INTEGER PRIMARY KEY);';
const B = 'CREATE TABLE B (seq INTEGER PRIMARY KEY);';

/** A folder with migrations for SQLite, and a place for a database. */
async function setUp(files: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-migrate-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  const sqlFolder = join(folder, 'sql');
  await mkdir(join(sqlFolder, 'sqlite'), { recursive: true });
  const write = (name: string, text: string) => writeFile(join(sqlFolder, 'sqlite', name), text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  const path = join(folder, 'state', 'mcms.db');
  const now = () => new Date('2026-01-01T00:00:00Z');
  return {
    path,
    write,
    remove: (name: string) => rm(join(sqlFolder, 'sqlite', name)),
    run: (lockWaitMs = 10_000) => migrateDatabase(`sqlite:${path}`, sqlFolder, now, { lockWaitMs }),
    states: async () =>
      (await migrationStatus(`sqlite:${path}`, sqlFolder)).files.map(({ name, state }) => `${name} ${state}`),
    open: () => {
      const database = new DatabaseSync(path);
      cleanups.push(() => database.close());
      return database;
    },
    sqlFolder,
  };
}

describe('a run', () => {
  it('applies each file once', async () => {
    const { run } = await setUp({ '0001_a.sql': A, '0002_b.sql': B });
    expect(await run()).toMatchObject({ applied: ['0001_a.sql', '0002_b.sql'], alreadyThere: [] });
    expect(await run()).toMatchObject({ applied: [], alreadyThere: ['0001_a.sql', '0002_b.sql'] });
  });

  it('tells of each file as it is done with', async () => {
    const { sqlFolder, path } = await setUp({
      '0001_a.sql': A,
      '0002_b.sql': `-- requires: columnstore\n${B}`,
    });
    let clockMs = 0;
    const steps: unknown[] = [];
    const now = () => new Date((clockMs += 250));
    await migrateDatabase(`sqlite:${path}`, sqlFolder, now, { onStep: (step) => steps.push(step) });
    expect(steps).toEqual([
      { kind: 'applied', name: '0001_a.sql', durationMs: expect.any(Number) },
      { kind: 'deferred', name: '0002_b.sql', reason: 'needs columnstore: this engine does not have it' },
    ]);
    const { files } = await migrationStatus(`sqlite:${path}`, sqlFolder);
    expect(files[0]).toMatchObject({ durationMs: expect.any(Number) });
  });

  it('leaves nothing of a file that fails, says which batch, and goes on when it is mended', async () => {
    const { run, write, open, states } = await setUp({
      '0001_a.sql': A,
      '0002_b.sql': `${B}\nGO\nNONSENSE;`,
    });
    await expect(run()).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/^0002_b\.sql, batch 2 of 2: .*syntax error\. Nothing of this file/),
    });
    expect(await states()).toEqual(['0001_a.sql applied', '0002_b.sql pending']);
    expect(open().prepare("SELECT name FROM sqlite_master WHERE name = 'B'").all()).toEqual([]);
    await write('0002_b.sql', B);
    expect((await run()).applied).toEqual(['0002_b.sql']);
  });

  it('refuses an edited file, by name, before it does anything', async () => {
    const { run, write, states } = await setUp({ '0001_a.sql': A });
    await run();
    await write('0001_a.sql', `${A} -- changed`);
    await write('0002_b.sql', B);
    await expect(run()).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('0001_a.sql was changed after it was applied'),
    });
    expect(await states()).toEqual(['0001_a.sql changed', '0002_b.sql pending']);
  });

  it('refuses when an earlier file is gone, or a file was put in before', async () => {
    const { run, write, remove } = await setUp({ '0001_a.sql': A, '0003_b.sql': B });
    await run();
    await write('0002_c.sql', 'SELECT 1;');
    await expect(run()).rejects.toThrow('0002_c.sql comes before 0003_b.sql');
    await remove('0002_c.sql');
    await remove('0001_a.sql');
    await expect(run()).rejects.toThrow('0001_a.sql was applied to this database and is not in the folder');
  });

  it('does not take the engine’s word for what the journal holds', async () => {
    const { path, sqlFolder } = await setUp({ '0001_a.sql': A });
    class Forgetful extends SqliteMigrationTarget {
      override apply = () => Promise.resolve(true);
    }
    const target = new Forgetful(path, { lockWaitMs: 1_000 });
    cleanups.push(() => target.close());
    const files = await readMigrations(join(sqlFolder, 'sqlite'));
    await expect(migrate(target, files, { now: () => new Date() })).rejects.toMatchObject({
      code: 'not-recorded',
      message: 'the journal takes no row for 0001_a.sql',
    });
  });

  it('of an earlier version leaves alone what a later one has applied', async () => {
    const { run, remove } = await setUp({ '0001_a.sql': A, '0002_b.sql': B });
    await run();
    await remove('0002_b.sql');
    expect(await run()).toMatchObject({ applied: [], alreadyThere: ['0001_a.sql'], newer: ['0002_b.sql'] });
  });
});

describe('a file in no transaction', () => {
  const text = (second: string) =>
    `-- transaction: none\nCREATE TABLE IF NOT EXISTS A (n INTEGER);\nGO\n${second}\nGO\nINSERT INTO A VALUES (3);`;

  it('goes on after the batch at which it stopped', async () => {
    const { run, write, states, open } = await setUp({
      '0001_a.sql': text('INSERT INTO missing VALUES (2);'),
    });
    await expect(run()).rejects.toThrow(
      /^0001_a\.sql, batch 2 of 3: .*no such table.* The 1 batches before stay applied; mend it and run again\.$/,
    );
    expect(await states()).toEqual(['0001_a.sql started']);
    const database = open();
    expect(database.prepare('SELECT state, batchesDone FROM McmsSchemaMigration').get()).toEqual({
      state: 'started',
      batchesDone: 1,
    });

    await write('0001_a.sql', text('INSERT INTO A VALUES (2);'));
    expect((await run()).applied).toEqual(['0001_a.sql']);
    expect(database.prepare('SELECT n FROM A').all()).toEqual([{ n: 2 }, { n: 3 }]);
    expect((await run()).applied).toEqual([]);
  });

  it('is refused when a batch that has run was edited', async () => {
    const { run, write } = await setUp({ '0001_a.sql': text('NONSENSE;') });
    await expect(run()).rejects.toThrow('batch 2 of 3');
    await write('0001_a.sql', text('SELECT 1;').replace('IF NOT EXISTS ', ''));
    await expect(run()).rejects.toThrow('0001_a.sql was changed in the 1 batches that have run');
  });
});

describe('the journal of the first version', () => {
  it('is taken over in place', async () => {
    const { run, open, states } = await setUp({ '0001_a.sql': A, '0002_b.sql': B });
    await run();
    const database = open();
    const { checksum } = database
      .prepare("SELECT checksum FROM McmsSchemaMigration WHERE name = '0001_a.sql'")
      .get() as {
      checksum: string;
    };
    database.exec(
      `DROP TABLE McmsSchemaMigration; DROP TABLE B;
      CREATE TABLE McmsSchemaMigration (name TEXT NOT NULL PRIMARY KEY, checksum TEXT NOT NULL, appliedAt TEXT NOT NULL)`,
    );
    const insert = 'INSERT INTO McmsSchemaMigration (name, checksum, appliedAt) VALUES (?, ?, ?)';
    database.prepare(insert).run('0001_a.sql', checksum, '2025-01-01T00:00:00.000Z');

    expect(await states()).toEqual(['0001_a.sql applied', '0002_b.sql pending']);
    expect(await run()).toMatchObject({ applied: ['0002_b.sql'], alreadyThere: ['0001_a.sql'] });
    expect(database.prepare("SELECT * FROM McmsSchemaMigration WHERE name = '0001_a.sql'").get()).toEqual({
      name: '0001_a.sql',
      checksum,
      appliedAt: '2025-01-01T00:00:00.000Z',
      state: 'applied',
      batchesDone: 0,
      durationMs: null,
    });
    // What the first version writes still fits.
    database.prepare(insert).run('9999_z.sql', checksum, '2025-01-01T00:00:00.000Z');
  });
});

describe('two runs at once', () => {
  it('apply each file once between them', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `00${String(index + 10)}_t.sql`);
    const { run, open } = await setUp(
      Object.fromEntries(names.map((name) => [name, `CREATE TABLE T${name.slice(0, 4)} (n INTEGER);`])),
    );
    const reports = await Promise.all([run(), run(), run()]);
    expect(reports.flatMap(({ applied }) => applied).sort()).toEqual(names);
    expect(open().prepare('SELECT count(*) AS n FROM McmsSchemaMigration').get()).toEqual({ n: 20 });
  });

  it('in processes of their own do too', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'mcms-migrate-'));
    cleanups.push(() => rm(stateDir, { recursive: true, force: true }));
    const migrateOnce = () =>
      new Promise<string>((resolve, reject) => {
        execFile(
          process.execPath,
          [join('cli', 'migrate.ts')],
          { env: { PATH: process.env['PATH'], MCMS_STATE_DIR: stateDir } },
          (error, stdout) => (error ? reject(error) : resolve(stdout)),
        );
      });
    const outputs = await Promise.all([migrateOnce(), migrateOnce(), migrateOnce()]);
    const applied = [...outputs.join('').matchAll(/^applied +(\S+)/gm)].map(([, name = '']) => name).sort();
    expect(applied).toEqual([...new Set(applied)]);
    expect(applied[0]).toBe('0001_core.sql');
  });

  it('and a lock that is not given up end in an error that says what to do', async () => {
    const { run, open, path } = await setUp({ '0001_a.sql': A });
    await run();
    open().exec('BEGIN IMMEDIATE');
    await expect(run(50)).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringContaining(`${path} has been locked for 0.05 s by another program`),
    });
  });
});

describe('asking', () => {
  it('makes no database, and no journal in one that has none', async () => {
    const { states, path, open } = await setUp({ '0001_a.sql': A });
    expect(await states()).toEqual(['0001_a.sql pending']);
    await expect(readFile(path)).rejects.toThrow('ENOENT');
    await mkdir(join(path, '..'));
    const database = open();
    database.exec('CREATE TABLE Other (n INTEGER)');
    expect(await states()).toEqual(['0001_a.sql pending']);
    expect(database.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'Other' }]);
  });
});
