import type { Capability } from '../capabilities.ts';
import { MigrationError } from '../migrations/errors.ts';
import {
  type Inspection,
  type JournalChange,
  type JournalRow,
  type JournalState,
  type MigrationFile,
  type MigrationTarget,
  batchFailed,
} from '../migrations/migration.ts';
import { bit, char, int, nvarchar, time } from '../sql-type.ts';
import { capabilitiesOf, describeServer } from './capabilities.ts';
import { probeServer } from './capability-probe.ts';
import { MigrationConnection, PROGRAM_NAME, type Parameters } from './migration-connection.ts';

/** Binary compared and per database: two versions of this program, however named, meet at it. */
const LOCK = 'mcms-migrate';

/** Journal and capabilities stand in `dbo`, because a migration makes the schema `mcms`. Each statement may run again. */
const PREPARE = [
  `IF OBJECT_ID('dbo.McmsSchemaMigration') IS NULL CREATE TABLE dbo.McmsSchemaMigration (
    name nvarchar(200) NOT NULL PRIMARY KEY,
    checksum char(64) NOT NULL,
    appliedAt datetime2(3) NOT NULL,
    state nvarchar(16) NOT NULL DEFAULT 'applied',
    batchesDone int NOT NULL DEFAULT 0,
    durationMs int NULL)`,
  // What the journal of the first version lacks.
  `IF COL_LENGTH('dbo.McmsSchemaMigration', 'state') IS NULL
    ALTER TABLE dbo.McmsSchemaMigration ADD state nvarchar(16) NOT NULL DEFAULT 'applied'`,
  `IF COL_LENGTH('dbo.McmsSchemaMigration', 'batchesDone') IS NULL
    ALTER TABLE dbo.McmsSchemaMigration ADD batchesDone int NOT NULL DEFAULT 0`,
  `IF COL_LENGTH('dbo.McmsSchemaMigration', 'durationMs') IS NULL
    ALTER TABLE dbo.McmsSchemaMigration ADD durationMs int NULL`,
  `IF OBJECT_ID('dbo.McmsCapability') IS NULL CREATE TABLE dbo.McmsCapability (
    name nvarchar(64) NOT NULL PRIMARY KEY,
    available bit NOT NULL,
    detail nvarchar(400) NOT NULL,
    detectedAt datetime2(3) NOT NULL)`,
];

/** Opens a session on SQL Server for migrations; it holds the application lock while it works. */
export async function openMssqlMigrationTarget(
  connectionString: string,
  { lockWaitMs }: { readonly lockWaitMs: number },
): Promise<MigrationTarget> {
  return new MssqlMigrationTarget(await MigrationConnection.open(connectionString), lockWaitMs);
}

class MssqlMigrationTarget implements MigrationTarget {
  readonly #connection: MigrationConnection;
  readonly #lockWaitMs: number;

  constructor(connection: MigrationConnection, lockWaitMs: number) {
    this.#connection = connection;
    this.#lockWaitMs = lockWaitMs;
  }

  async inspect(): Promise<Inspection> {
    const facts = await probeServer(async (sql) => (await this.#connection.batch(sql)).rows);
    return {
      engine: describeServer(facts),
      capabilities: capabilitiesOf(facts),
      journal: await this.journal(),
    };
  }

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const { rows } = await this.#connection.query(
      `declare @result int;
      exec @result = sp_getapplock @Resource = '${LOCK}', @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = @wait;
      select @result as result`,
      { wait: [int, this.#lockWaitMs] },
    );
    if (Number(rows[0]?.['result']) < 0) throw await this.#locked();
    try {
      return await work();
    } finally {
      // A session that is gone has given its lock back.
      await this.#connection
        .batch(`exec sp_releaseapplock @Resource = '${LOCK}', @LockOwner = 'Session'`)
        .catch(() => {});
    }
  }

  async prepare(capabilities: readonly Capability[], at: string): Promise<void> {
    for (const statement of PREPARE) await this.#connection.batch(statement);
    for (const { name, available, detail } of capabilities) {
      const parameters: Parameters = {
        name: [nvarchar(64), name],
        available: [bit, available],
        detail: [nvarchar(400), detail],
        at: [time, at],
      };
      const { rowCount } = await this.#connection.query(
        'update dbo.McmsCapability set available = @available, detail = @detail, detectedAt = @at where name = @name',
        parameters,
      );
      if (rowCount > 0) continue;
      await this.#connection.query(
        'insert into dbo.McmsCapability (name, available, detail, detectedAt) values (@name, @available, @detail, @at)',
        parameters,
      );
    }
  }

  async journal(): Promise<readonly JournalRow[]> {
    const [there] = (
      await this.#connection.batch(
        `select object_id('dbo.McmsSchemaMigration') as made, col_length('dbo.McmsSchemaMigration', 'durationMs') as present`,
      )
    ).rows;
    if (there?.['made'] === null) return [];
    // The first version's rows have three columns.
    const added =
      there?.['present'] === null
        ? "'applied' as state, 0 as batchesDone, null as durationMs"
        : 'state, batchesDone, durationMs';
    const { rows } = await this.#connection.batch(
      `select name, checksum, appliedAt, ${added} from dbo.McmsSchemaMigration`,
    );
    return rows.map((row) => ({
      name: String(row['name']),
      checksum: String(row['checksum']),
      state: String(row['state']) as JournalState,
      batchesDone: Number(row['batchesDone']),
      appliedAt: String(row['appliedAt']),
      durationMs: typeof row['durationMs'] === 'number' ? row['durationMs'] : null,
    }));
  }

  apply(file: MigrationFile, before: JournalRow | undefined, after: () => JournalRow): Promise<boolean> {
    return this.#connection.transaction(async () => {
      for (const index of file.batches.keys()) await this.runBatch(file, index);
      const done = await this.record({ before, after: after() });
      // The lock keeps other runs away: somebody has changed the journal by hand.
      if (!done)
        throw new MigrationError('not-recorded', `the journal's row of ${file.name} changed meanwhile`);
      return done;
    });
  }

  async runBatch(file: MigrationFile, index: number): Promise<void> {
    try {
      await this.#connection.batch(file.batches[index] ?? '');
    } catch (error) {
      throw batchFailed(file, index, error);
    }
  }

  async record({ before, after }: JournalChange): Promise<boolean> {
    const parameters: Parameters = {
      name: [nvarchar(200), after.name],
      checksum: [char(64), after.checksum],
      appliedAt: [time, after.appliedAt],
      state: [nvarchar(16), after.state],
      batchesDone: [int, after.batchesDone],
      durationMs: [int, after.durationMs],
      stateBefore: [nvarchar(16), before?.state ?? ''],
      doneBefore: [int, before?.batchesDone ?? 0],
    };
    const { rowCount } = await this.#connection.query(
      before
        ? `update dbo.McmsSchemaMigration
          set checksum = @checksum, appliedAt = @appliedAt, state = @state, batchesDone = @batchesDone, durationMs = @durationMs
          where name = @name and state = @stateBefore and batchesDone = @doneBefore`
        : `insert into dbo.McmsSchemaMigration (name, checksum, appliedAt, state, batchesDone, durationMs)
          select @name, @checksum, @appliedAt, @state, @batchesDone, @durationMs
          where not exists (select 1 from dbo.McmsSchemaMigration where name = @name)`,
      parameters,
    );
    return rowCount === 1;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #locked(): Promise<MigrationError> {
    const holder = await this.#holder().catch(() => undefined);
    return new MigrationError(
      'locked',
      `another migration has held the lock "${LOCK}" of this database for ${this.#lockWaitMs / 1000} s (${
        holder ?? `look for program_name '${PROGRAM_NAME}' in sys.dm_exec_sessions`
      }): wait until it is through, or end its session, then run again`,
    );
  }

  /** Who holds the lock, as far as this login may see. */
  async #holder(): Promise<string | undefined> {
    const { rows } = await this.#connection.batch(
      `select top (1) session_id, host_name, login_name from sys.dm_exec_sessions
      where program_name = '${PROGRAM_NAME}' and session_id <> @@spid order by session_id`,
    );
    const [row] = rows;
    return (
      row &&
      `session ${String(row['session_id'])}: ${String(row['login_name'])} on ${String(row['host_name'])}`
    );
  }
}
