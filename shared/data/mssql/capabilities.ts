import type { Capability, CapabilityName } from '../capabilities.ts';

/** An answer, or the server's reason for giving none (a view it does not have, a right that is missing). */
export type Probe<T> = { readonly value: T } | { readonly error: string };

/** What a server was asked; see `capability-probe.ts`. */
export interface ServerFacts {
  /** Babelfish for PostgreSQL: speaks T-SQL and has none of these features. */
  readonly babelfish: boolean;
  /** `SERVERPROPERTY('EngineEdition')`. https://learn.microsoft.com/sql/t-sql/functions/serverproperty-transact-sql */
  readonly engineEdition: number;
  readonly edition: string;
  /** Of Azure SQL Database it says nothing: always 12. */
  readonly productVersion: string;
  /** Service tier and objective, on Azure. */
  readonly databaseEdition: string | null;
  readonly serviceObjective: string | null;
  readonly xtpSupported: boolean;
  /** MEMORY_OPTIMIZED_DATA filegroups of the database. */
  readonly memoryOptimizedFilegroups: number;
  /** `actual_state_desc` of Query Store. */
  readonly queryStore: Probe<string>;
  /** `reason_desc` of FORCE_LAST_GOOD_PLAN; null when wish and state agree. */
  readonly forceLastGoodPlan: Probe<string | null>;
  readonly mayAlterDatabaseEventSessions: boolean;
  readonly mayAlterServerEventSessions: boolean;
}

const AZURE_SQL_DATABASE = 5;
const MANAGED_INSTANCE = 8;
const FABRIC = 12;
/** Standard, Enterprise (also Developer and Evaluation), Express: installed by somebody. */
const INSTALLED = new Set([2, 3, 4]);
const ENTERPRISE = 3;
const PRODUCTS = new Map([
  [AZURE_SQL_DATABASE, 'Azure SQL Database'],
  [MANAGED_INSTANCE, 'Azure SQL Managed Instance'],
  [9, 'Azure SQL Edge'],
  [FABRIC, 'SQL database in Microsoft Fabric'],
]);
/** The first version with all that the migrations use: STRING_AGG, waits in Query Store, automatic tuning. */
const OLDEST_VERSION = { major: 14, name: 'SQL Server 2017' } as const;
/** Below these there is less than one core: https://learn.microsoft.com/azure/azure-sql/database/resource-limits-dtu-single-databases */
const SMALL_OBJECTIVES = new Set(['Basic', 'S0', 'S1', 'S2']);

type Finding = Pick<Capability, 'available' | 'detail'>;
const yes = (detail: string): Finding => ({ available: true, detail });
const no = (detail: string): Finding => ({ available: false, detail });

/** What the server can do, with the reason for each; decided by Microsoft's documentation. */
export function capabilitiesOf(facts: ServerFacts): Capability[] {
  const findings: Record<CapabilityName, (facts: ServerFacts) => Finding> = {
    columnstore,
    'in-memory-oltp': inMemoryOltp,
    'query-store': queryStore,
    'automatic-tuning': automaticTuning,
    'database-event-session': databaseEventSession,
    'server-event-session': serverEventSession,
  };
  const all = generalRefusal(facts);
  return Object.entries(findings).map(([name, find]) => {
    const { available, detail } = all ?? find(facts);
    return { name: name as CapabilityName, available, detail: detail.slice(0, 400) };
  });
}

/** Product, version and tier, for people. */
export function describeServer(facts: ServerFacts): string {
  const { babelfish, edition, productVersion, databaseEdition, serviceObjective } = facts;
  if (babelfish) return 'Babelfish for PostgreSQL';
  const product = PRODUCTS.get(facts.engineEdition);
  if (product === undefined) return `SQL Server ${productVersion}, ${edition}`;
  return [product, databaseEdition, serviceObjective].filter(Boolean).join(', ');
}

/** What rules out everything. */
function generalRefusal(facts: ServerFacts): Finding | undefined {
  if (facts.babelfish) return no('Babelfish does not have it');
  if (!isInstalled(facts) && !PRODUCTS.has(facts.engineEdition))
    return no(`unknown kind of server (EngineEdition ${facts.engineEdition})`);
  if (isInstalled(facts) && Number.parseInt(facts.productVersion, 10) < OLDEST_VERSION.major)
    return no(`needs ${OLDEST_VERSION.name} or later; this is version ${facts.productVersion}`);
  return undefined;
}

function columnstore({ engineEdition, databaseEdition, serviceObjective }: ServerFacts): Finding {
  if (engineEdition !== AZURE_SQL_DATABASE) return yes('in every edition of this server');
  const objective = serviceObjective ?? '';
  if (SMALL_OBJECTIVES.has(objective))
    return no(`not below S3; this database is ${objective}: scale it up, then migrate again`);
  if (objective === 'ElasticPool' && (databaseEdition === 'Basic' || databaseEdition === 'Standard'))
    return no(
      `a ${databaseEdition} pool may be too small for it and does not tell: use Premium or vCores, then migrate again`,
    );
  return yes(`in tier ${databaseEdition}, ${objective}`);
}

/**
 * The filegroup must be there beforehand only where somebody installed the server; a managed one brings it along.
 * https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/the-memory-optimized-filegroup
 */
function inMemoryOltp(facts: ServerFacts): Finding {
  const { databaseEdition } = facts;
  // Hyperscale has table types and table variables of the kind, and no tables.
  if (databaseEdition === 'Hyperscale')
    return no('Hyperscale has no memory-optimized tables; Business Critical does');
  if (!facts.xtpSupported) {
    return no(
      isInstalled(facts)
        ? 'IsXTPSupported is 0 for this database'
        : `not in tier ${databaseEdition}: Premium and Business Critical have it; scale up, then migrate again`,
    );
  }
  if (isInstalled(facts) && facts.memoryOptimizedFilegroups === 0) {
    return no(
      'the database has no filegroup for it: ALTER DATABASE … ADD FILEGROUP … CONTAINS MEMORY_OPTIMIZED_DATA, ' +
        'ADD FILE … TO FILEGROUP …, then migrate again',
    );
  }
  return yes(
    isInstalled(facts) ? 'supported, and the database has its filegroup' : `in tier ${databaseEdition}`,
  );
}

function queryStore({ queryStore: probe }: ServerFacts): Finding {
  return 'value' in probe ? yes(`now ${probe.value}`) : no(unreadable(probe.error));
}

function automaticTuning({ engineEdition, forceLastGoodPlan }: ServerFacts): Finding {
  if ('error' in forceLastGoodPlan) return no(unreadable(forceLastGoodPlan.error));
  const { value: reason } = forceLastGoodPlan;
  if (
    engineEdition !== ENTERPRISE &&
    engineEdition !== AZURE_SQL_DATABASE &&
    engineEdition !== MANAGED_INSTANCE
  )
    return no('only in Enterprise edition and on Azure');
  if (reason === 'NOT_SUPPORTED') return no('the server says NOT_SUPPORTED');
  return yes(reason ? `now off: ${reason}` : 'FORCE_LAST_GOOD_PLAN can be set');
}

/** A managed instance has both kinds; Microsoft recommends the server's. */
function databaseEventSession(facts: ServerFacts): Finding {
  if (facts.engineEdition !== AZURE_SQL_DATABASE)
    return no('only in Azure SQL Database; elsewhere sessions are of the server');
  return facts.mayAlterDatabaseEventSessions
    ? yes('allowed to this login')
    : no('this login lacks ALTER ANY DATABASE EVENT SESSION');
}

function serverEventSession(facts: ServerFacts): Finding {
  if (!isInstalled(facts) && facts.engineEdition !== MANAGED_INSTANCE)
    return no('there is no server to have sessions here, only databases');
  return facts.mayAlterServerEventSessions
    ? yes('allowed to this login')
    : no('this login lacks ALTER ANY EVENT SESSION: let one that has it migrate');
}

function isInstalled({ engineEdition }: ServerFacts): boolean {
  return INSTALLED.has(engineEdition);
}

function unreadable(error: string): string {
  return `its settings cannot be read (VIEW DATABASE STATE is needed): ${error}`;
}
