import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase } from '../../shared/data/index.ts';
import { migrateDatabase, migrationStatus, readMigrations } from '../../shared/data/migrate.ts';
import { MigrationConnection } from '../../shared/data/mssql/migration-connection.ts';
import { SQL_FOLDER } from '../support/database.ts';
import { describeMssqlSchema, describeSqliteSchema, withoutExceptions } from '../support/describe-schema.ts';

const connection = process.env['TEST_SQL_CONNECTION'] ?? '';
const now = () => new Date();
const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
beforeAll(() => {
  if (connection === '') throw new Error('TEST_SQL_CONNECTION names no server');
});

/** The connection string with other values for these keys, under whatever name it has them. */
function withKeys(text: string, values: Readonly<Record<string, string>>): string {
  const aliases = {
    Database: 'database|initial catalog',
    'User Id': 'user id|uid|user',
    Password: 'password|pwd',
  };
  return Object.entries(values).reduce((string, [key, value]) => {
    const own = new RegExp(`(^|;)\\s*(${aliases[key as keyof typeof aliases]})\\s*=[^;]*`, 'gi');
    return `${string.replaceAll(own, '').replace(/;?\s*$/, '')};${key}=${value}`;
  }, text);
}

function on(database: string): string {
  return withKeys(connection, { Database: database });
}

async function batches(database: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const session = await MigrationConnection.open(on(database));
  try {
    const rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows.push(...(await session.batch(statement)).rows);
    return rows;
  } finally {
    await session.close();
  }
}

let count = 0;
/** An empty database of its own, gone after the test. */
async function emptyDatabase(): Promise<string> {
  const name = `mcms_migrations_${process.pid}_${(count += 1)}`;
  await batches('master', `CREATE DATABASE ${name}`);
  cleanups.push(() => batches('master', `DROP DATABASE ${name}`).then(() => {}));
  return name;
}

async function temporary(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with these migrations for SQL Server instead of the product's. */
async function folderOf(files: Record<string, string>) {
  const sqlFolder = await temporary('mcms-migrations-');
  await mkdir(join(sqlFolder, 'mssql'));
  const write = (name: string, text: string) => writeFile(join(sqlFolder, 'mssql', name), text);
  for (const [name, text] of Object.entries(files)) await write(name, text);
  return { sqlFolder, write };
}

const states = async (database: string, sqlFolder = SQL_FOLDER) =>
  (await migrationStatus(on(database), sqlFolder)).files.map(({ name, state }) => `${name} ${state}`);

describe('migrations on SQL Server', () => {
  it('bring an empty database to the same schema as SQLite’s', async () => {
    const database = await emptyDatabase();
    const all = await readMigrations(join(SQL_FOLDER, 'mssql'));
    const replaced = all.flatMap(({ replaces }) => replaces);
    const names = all.map(({ name }) => name).filter((name) => !replaced.includes(name));
    expect((await states(database)).every((line) => /pending|deferred|replaced/.test(line))).toBe(true);

    const { applied, deferred } = await migrateDatabase(on(database), SQL_FOLDER, now);
    expect([...applied, ...deferred].sort()).toEqual(names);
    expect(await migrateDatabase(on(database), SQL_FOLDER, now)).toMatchObject({
      applied: [],
      alreadyThere: applied,
    });

    const path = join(await temporary('mcms-twin-'), 'mcms.db');
    await migrateDatabase(`sqlite:${path}`, SQL_FOLDER, now);
    const opened = await openDatabase(on(database));
    cleanups.push(() => opened.close());
    expect(withoutExceptions(await describeMssqlSchema(opened.read))).toEqual(describeSqliteSchema(path));
  });

  it('say what the database can do, in the status and in a table', async () => {
    const database = await emptyDatabase();
    await migrateDatabase(on(database), SQL_FOLDER, now);
    const { engine, capabilities, files } = await migrationStatus(on(database), SQL_FOLDER);
    expect(engine).toMatch(/SQL Server|Azure|Babelfish/);
    const recorded = await batches(database, 'SELECT name, available, detail FROM dbo.McmsCapability');
    expect(recorded.sort((a, b) => (String(a['name']) < String(b['name']) ? -1 : 1))).toEqual(
      capabilities
        .map(({ name, available, detail }) => ({ name, available: available ? 1 : 0, detail }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
    for (const file of files.filter(({ state }) => state === 'deferred')) {
      expect(file).toMatchObject({ reason: expect.stringMatching(/^needs [\w-]+: ./) });
    }
  });

  it('asked for the status leave nothing behind', async () => {
    const database = await emptyDatabase();
    await migrationStatus(on(database), SQL_FOLDER);
    expect(await batches(database, "SELECT name FROM sys.tables WHERE name LIKE 'Mcms%'")).toEqual([]);
  });

  it('of two runs at once are applied once', async () => {
    const database = await emptyDatabase();
    const { sqlFolder } = await folderOf({
      '0001_a.sql': 'CREATE TABLE dbo.A (n int NOT NULL);\nGO\nINSERT INTO dbo.A VALUES (1);',
      '0002_b.sql': 'CREATE TABLE dbo.B (n int NOT NULL);',
    });
    const run = () => migrateDatabase(on(database), sqlFolder, now);
    const reports = await Promise.all([run(), run(), run()]);
    expect(reports.flatMap(({ applied }) => applied).sort()).toEqual(['0001_a.sql', '0002_b.sql']);
    expect(await batches(database, 'SELECT n FROM dbo.A')).toEqual([{ n: 1 }]);
  });

  it('wait for another run no longer than told, and say whom to look for', async () => {
    const database = await emptyDatabase();
    const { sqlFolder } = await folderOf({ '0001_a.sql': 'CREATE TABLE dbo.A (n int NOT NULL);' });
    const holder = await MigrationConnection.open(on(database));
    cleanups.push(() => holder.close());
    await holder.batch(
      "EXEC sp_getapplock @Resource = 'mcms-migrate', @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 0",
    );
    await expect(migrateDatabase(on(database), sqlFolder, now, { lockWaitMs: 300 })).rejects.toMatchObject({
      code: 'locked',
      message: expect.stringMatching(
        /has held the lock "mcms-migrate" of this database for 0\.3 s \(.*(session \d+|sys\.dm_exec_sessions)/,
      ),
    });
    await holder.close();
    expect((await migrateDatabase(on(database), sqlFolder, now)).applied).toEqual(['0001_a.sql']);
  });

  it('leave nothing of a file whose second batch fails', async () => {
    const database = await emptyDatabase();
    const { sqlFolder, write } = await folderOf({
      '0001_a.sql': 'CREATE TABLE dbo.A (n int NOT NULL);\nGO\nINSERT INTO dbo.missing VALUES (1);',
    });
    await expect(migrateDatabase(on(database), sqlFolder, now)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringMatching(/^0001_a\.sql, batch 2 of 2: .*missing/),
    });
    expect(await batches(database, "SELECT name FROM sys.tables WHERE name = 'A'")).toEqual([]);
    await write('0001_a.sql', 'CREATE TABLE dbo.A (n int NOT NULL);');
    expect((await migrateDatabase(on(database), sqlFolder, now)).applied).toEqual(['0001_a.sql']);
  });

  it('in no transaction go on after the batch at which they stopped', async () => {
    const database = await emptyDatabase();
    const text = (second: string) =>
      "-- transaction: none\nIF OBJECT_ID('dbo.A') IS NULL CREATE TABLE dbo.A (n int NOT NULL);\nGO\n" +
      `INSERT INTO dbo.A VALUES (1);\nGO\n${second}\nGO\nINSERT INTO dbo.A VALUES (3);`;
    const { sqlFolder, write } = await folderOf({
      '0001_a.sql': text('INSERT INTO dbo.missing VALUES (2);'),
    });
    await expect(migrateDatabase(on(database), sqlFolder, now)).rejects.toThrow('0001_a.sql, batch 3 of 4');
    const [begun] = (await migrationStatus(on(database), sqlFolder)).files;
    expect(begun).toMatchObject({ state: 'started', row: { batchesDone: 2 } });
    await write('0001_a.sql', text('INSERT INTO dbo.A VALUES (2);'));
    await migrateDatabase(on(database), sqlFolder, now);
    expect(await batches(database, 'SELECT n FROM dbo.A ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(await states(database, sqlFolder)).toEqual(['0001_a.sql applied']);
  });

  it('refuse an edited file', async () => {
    const database = await emptyDatabase();
    const { sqlFolder, write } = await folderOf({ '0001_a.sql': 'CREATE TABLE dbo.A (n int NOT NULL);' });
    await migrateDatabase(on(database), sqlFolder, now);
    await write('0001_a.sql', 'CREATE TABLE dbo.A (n bigint NOT NULL);');
    await expect(migrateDatabase(on(database), sqlFolder, now)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('0001_a.sql was changed after it was applied'),
    });
  });

  it('take over the journal of the first version in place', async () => {
    const database = await emptyDatabase();
    const sqlFolder = await temporary('mcms-migrations-');
    await cp(SQL_FOLDER, sqlFolder, { recursive: true });
    const [core] = await readMigrations(join(sqlFolder, 'mssql'));
    await batches(
      database,
      `CREATE TABLE dbo.McmsSchemaMigration (
        name nvarchar(200) NOT NULL PRIMARY KEY, checksum char(64) NOT NULL, appliedAt datetime2(3) NOT NULL)`,
      `INSERT INTO dbo.McmsSchemaMigration VALUES ('${core?.name}', '${core?.checksum}', '2026-01-01T00:00:00')`,
      ...(core?.batches ?? []),
    );
    expect((await states(database))[0]).toBe('0001_core.sql applied');
    const { alreadyThere } = await migrateDatabase(on(database), sqlFolder, now);
    expect(alreadyThere).toEqual(['0001_core.sql']);
    const [journal] = (await migrationStatus(on(database), sqlFolder)).files;
    expect(journal).toMatchObject({
      state: 'applied',
      appliedAt: '2026-01-01T00:00:00.000Z',
      durationMs: null,
    });
  });

  it.each([
    {
      role: 'mcms_app',
      may: [
        'SELECT count(*) AS n FROM mcms.HistoryEntry',
        `DELETE FROM mcms.IdempotencyKey WHERE scope = 'x'`,
        `EXEC mcms.FinishWorkItem @attemptId = '00000000-0000-4000-8000-000000000000', @fence = 1`,
        'SELECT name FROM dbo.McmsCapability',
      ],
      mayNot: [
        'DELETE FROM mcms.HistoryEntry',
        `UPDATE mcms.HistoryEntry SET comment = N'x'`,
        'DELETE FROM mcms.HistoryArchive',
        'DELETE FROM dbo.McmsSchemaMigration',
        'DROP TABLE mcms.Item',
      ],
    },
    {
      role: 'mcms_reader',
      may: ['SELECT count(*) AS n FROM mcms.Item', 'SELECT count(*) AS n FROM dbo.McmsSchemaMigration'],
      mayNot: [
        `UPDATE mcms.Item SET name = N'x'`,
        'SELECT * FROM mcms.IdempotencyKey',
        'SELECT * FROM mcms.Outbox',
        `EXEC mcms.FinishWorkItem @attemptId = '00000000-0000-4000-8000-000000000000', @fence = 1`,
      ],
    },
  ])('give members of $role what they need, and no more', async ({ role, may, mayNot }) => {
    const database = await emptyDatabase();
    await migrateDatabase(on(database), SQL_FOLDER, now);
    const login = `${role}_${process.pid}`;
    const password = `Pw-${randomUUID()}`;
    await batches(database, `CREATE LOGIN ${login} WITH PASSWORD = '${password}'`);
    cleanups.push(() => batches('master', `DROP LOGIN ${login}`).then(() => {}));
    await batches(
      database,
      `CREATE USER ${login} FOR LOGIN ${login}`,
      `ALTER ROLE ${role} ADD MEMBER ${login}`,
    );
    cleanups.push(() => batches(database, `DROP USER ${login}`).then(() => {}));

    const member = await MigrationConnection.open(
      withKeys(on(database), { 'User Id': login, Password: password }),
    );
    cleanups.push(() => member.close());
    for (const statement of may) await member.batch(statement);
    const allowed: string[] = [];
    for (const statement of mayNot) {
      await member.batch(statement).then(
        () => allowed.push(statement),
        () => {},
      );
    }
    expect(allowed).toEqual([]);
  });
});
