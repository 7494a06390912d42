import { describe, expect, it } from '@jest/globals';
import { type ServerFacts, capabilitiesOf, describeServer } from './capabilities.ts';
import { probeServer } from './capability-probe.ts';

type Row = Record<string, unknown>;
/** What a server answers to each of the probe's questions, told apart by a word in them. */
interface Recording {
  readonly server: Row;
  readonly database?: Row;
  readonly queryStore?: Row | string;
  readonly tuning?: Row | string;
}

const readWrite = { answer: 'READ_WRITE' };
const azure = (databaseEdition: string, serviceObjective: string, xtpSupported: number): Recording => ({
  server: { babelfish: null, engineEdition: 5, edition: 'SQL Azure', productVersion: '12.0.2000.8' },
  database: {
    databaseEdition,
    serviceObjective,
    xtpSupported,
    memoryOptimizedFilegroups: 0,
    databaseSessions: 1,
    serverSessions: null,
  },
  queryStore: readWrite,
  tuning: { answer: null },
});
const installed = (change: { server?: Row; database?: Row; tuning?: Row }): Recording => ({
  server: {
    babelfish: null,
    engineEdition: 3,
    edition: 'Developer Edition (64-bit)',
    productVersion: '16.0.4165.4',
    ...change.server,
  },
  database: {
    databaseEdition: null,
    serviceObjective: null,
    xtpSupported: 1,
    memoryOptimizedFilegroups: 0,
    databaseSessions: 1,
    serverSessions: 1,
    ...change.database,
  },
  queryStore: readWrite,
  tuning: change.tuning ?? { answer: 'QUERY_STORE_OFF' },
});

const recordings = {
  generalPurpose: azure('GeneralPurpose', 'GP_Gen5_2', 0),
  businessCritical: azure('BusinessCritical', 'BC_Gen5_2', 1),
  hyperscale: azure('Hyperscale', 'HS_Gen5_2', 1),
  s1: azure('Standard', 'S1', 0),
  s3: azure('Standard', 'S3', 0),
  standardPool: azure('Standard', 'ElasticPool', 0),
  managedInstance: {
    ...azure('BusinessCritical', 'BC_Gen5', 1),
    server: { babelfish: null, engineEdition: 8, edition: 'SQL Azure', productVersion: '12.0.2000.8' },
    database: { ...azure('BusinessCritical', 'BC_Gen5', 1).database, serverSessions: 1 },
  },
  developer: installed({}),
  developerWithFilegroup: installed({ database: { memoryOptimizedFilegroups: 1 } }),
  standard: installed({
    server: { engineEdition: 2, edition: 'Standard Edition (64-bit)' },
    database: { memoryOptimizedFilegroups: 1, serverSessions: 0 },
    tuning: { answer: null },
  }),
  server2016: installed({ server: { productVersion: '13.0.6300.2' } }),
  babelfish: {
    server: { babelfish: 1, engineEdition: 2, edition: 'Standard Edition', productVersion: '12.0.2000.8' },
  },
} satisfies Record<string, Recording>;

function factsOf(recording: Recording): Promise<ServerFacts> {
  return probeServer(async (sql) => {
    const answer = /query_store/.test(sql)
      ? recording.queryStore
      : /automatic_tuning/.test(sql)
        ? recording.tuning
        : /filegroups/.test(sql)
          ? recording.database
          : recording.server;
    if (typeof answer === 'string') throw new Error(answer);
    return answer ? [answer] : [];
  });
}

const capabilities = async (recording: Recording) => capabilitiesOf(await factsOf(recording));

describe('what a server can do', () => {
  it.each<[keyof typeof recordings, string, string[]]>([
    [
      'generalPurpose',
      'Azure SQL Database, GeneralPurpose, GP_Gen5_2',
      ['columnstore', 'query-store', 'automatic-tuning', 'database-event-session'],
    ],
    [
      'businessCritical',
      'Azure SQL Database, BusinessCritical, BC_Gen5_2',
      ['columnstore', 'in-memory-oltp', 'query-store', 'automatic-tuning', 'database-event-session'],
    ],
    [
      'hyperscale',
      'Azure SQL Database, Hyperscale, HS_Gen5_2',
      ['columnstore', 'query-store', 'automatic-tuning', 'database-event-session'],
    ],
    ['s1', 'Azure SQL Database, Standard, S1', ['query-store', 'automatic-tuning', 'database-event-session']],
    [
      's3',
      'Azure SQL Database, Standard, S3',
      ['columnstore', 'query-store', 'automatic-tuning', 'database-event-session'],
    ],
    [
      'standardPool',
      'Azure SQL Database, Standard, ElasticPool',
      ['query-store', 'automatic-tuning', 'database-event-session'],
    ],
    [
      'managedInstance',
      'Azure SQL Managed Instance, BusinessCritical, BC_Gen5',
      ['columnstore', 'in-memory-oltp', 'query-store', 'automatic-tuning', 'server-event-session'],
    ],
    [
      'developer',
      'SQL Server 16.0.4165.4, Developer Edition (64-bit)',
      ['columnstore', 'query-store', 'automatic-tuning', 'server-event-session'],
    ],
    [
      'developerWithFilegroup',
      'SQL Server 16.0.4165.4, Developer Edition (64-bit)',
      ['columnstore', 'in-memory-oltp', 'query-store', 'automatic-tuning', 'server-event-session'],
    ],
    [
      'standard',
      'SQL Server 16.0.4165.4, Standard Edition (64-bit)',
      ['columnstore', 'in-memory-oltp', 'query-store'],
    ],
    ['server2016', 'SQL Server 13.0.6300.2, Developer Edition (64-bit)', []],
    ['babelfish', 'Babelfish for PostgreSQL', []],
  ])('%s', async (name, engine, available) => {
    const recording = recordings[name];
    const found = await capabilities(recording);
    expect(describeServer(await factsOf(recording))).toBe(engine);
    expect(found.filter((capability) => capability.available).map((capability) => capability.name)).toEqual(
      available,
    );
    expect(found).toHaveLength(6);
    expect(found.every(({ detail }) => detail.length > 5 && detail.length <= 400)).toBe(true);
  });

  it('says what would bring what is missing', async () => {
    const details = new Map(
      (await capabilities(recordings.developer)).map(({ name, detail }) => [name, detail]),
    );
    expect(details.get('in-memory-oltp')).toContain('ADD FILEGROUP … CONTAINS MEMORY_OPTIMIZED_DATA');
    const [columnstore, memory] = await capabilities(recordings.s1);
    expect(columnstore?.detail).toBe('not below S3; this database is S1: scale it up, then migrate again');
    expect(memory?.detail).toContain('Premium and Business Critical have it');
  });

  it('counts what cannot be read as missing, with the server’s reason', async () => {
    const found = await capabilities({
      ...recordings.generalPurpose,
      queryStore: 'VIEW DATABASE STATE permission denied',
      tuning: 'VIEW DATABASE STATE permission denied',
    });
    const unreadable = found.filter(({ detail }) =>
      detail.endsWith(': VIEW DATABASE STATE permission denied'),
    );
    expect(unreadable.map(({ name, available }) => [name, available])).toEqual([
      ['query-store', false],
      ['automatic-tuning', false],
    ]);
  });
});
