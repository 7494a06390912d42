import type { Probe, ServerFacts } from './capabilities.ts';

type Row = Readonly<Record<string, unknown>>;
/** Runs one query and gives its rows. */
export type Ask = (sql: string) => Promise<readonly Row[]>;

// Properties are sql_variant; the casts give them types a driver knows.
const SERVER = `select
  cast(serverproperty('Babelfish') as int) as babelfish,
  cast(serverproperty('EngineEdition') as int) as engineEdition,
  cast(serverproperty('Edition') as nvarchar(128)) as edition,
  cast(serverproperty('ProductVersion') as nvarchar(128)) as productVersion`;

const DATABASE = `select
  cast(databasepropertyex(db_name(), 'Edition') as nvarchar(64)) as databaseEdition,
  cast(databasepropertyex(db_name(), 'ServiceObjective') as nvarchar(64)) as serviceObjective,
  cast(databasepropertyex(db_name(), 'IsXTPSupported') as int) as xtpSupported,
  (select count(*) from sys.filegroups where type = 'FX') as memoryOptimizedFilegroups,
  has_perms_by_name(db_name(), 'DATABASE', 'ALTER ANY DATABASE EVENT SESSION') as databaseSessions,
  has_perms_by_name(null, null, 'ALTER ANY EVENT SESSION') as serverSessions`;

const QUERY_STORE = 'select actual_state_desc as answer from sys.database_query_store_options';
const AUTOMATIC_TUNING =
  "select reason_desc as answer from sys.database_automatic_tuning_options where name = 'FORCE_LAST_GOOD_PLAN'";

/** Asks the server for what decides about its capabilities. Changes nothing. */
export async function probeServer(ask: Ask): Promise<ServerFacts> {
  const [server = {}] = await ask(SERVER);
  const babelfish = server['babelfish'] === 1;
  const skipped = { error: 'not asked' };
  // Babelfish does not have the views, nor all of the permissions by name.
  const [database = {}] = babelfish ? [] : await ask(DATABASE);
  return {
    babelfish,
    engineEdition: Number(server['engineEdition']),
    edition: String(server['edition']),
    productVersion: String(server['productVersion']),
    databaseEdition: textOrNull(database['databaseEdition']),
    serviceObjective: textOrNull(database['serviceObjective']),
    xtpSupported: database['xtpSupported'] === 1,
    memoryOptimizedFilegroups: Number(database['memoryOptimizedFilegroups'] ?? 0),
    queryStore: babelfish ? skipped : await probe(ask, QUERY_STORE, String),
    forceLastGoodPlan: babelfish ? skipped : await probe(ask, AUTOMATIC_TUNING, textOrNull),
    mayAlterDatabaseEventSessions: database['databaseSessions'] === 1,
    mayAlterServerEventSessions: database['serverSessions'] === 1,
  };
}

/** The one answer of a view that may not be there or not be readable. */
async function probe<T>(ask: Ask, sql: string, as: (answer: unknown) => T): Promise<Probe<T>> {
  try {
    const [row] = await ask(sql);
    return row ? { value: as(row['answer']) } : { error: 'no row' };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
