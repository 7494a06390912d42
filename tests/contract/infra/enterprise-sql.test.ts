import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/**
 * Rules that no engine at hand can check: the enterprise files of infra/sql/mssql run on SQL Server alone. Each stands in Microsoft's
 * documentation, which the files link to.
 */
const FOLDER = 'infra/sql/mssql';

interface SqlFile {
  readonly name: string;
  readonly text: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Without comments. */
  readonly batches: readonly string[];
}

const files = readdirSync(FOLDER)
  .filter((name) => name >= '0011')
  .map((name): SqlFile => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    return {
      name,
      text,
      headers: new Map(
        [...text.matchAll(/^-- (requires|transaction|replaces): (\S+)$/gm)].map(
          ([, key = '', value = '']) => [key, value],
        ),
      ),
      batches: text
        .split(/^GO\s*$/im)
        .map(withoutComments)
        .filter((batch) => batch !== ''),
    };
  });

function withoutComments(text: string): string {
  return text.replaceAll(/--.*$/gm, '').trim();
}

const named = (name: string): SqlFile => {
  const file = files.find((one) => one.name === name);
  if (!file) throw new Error(`${name} is not in ${FOLDER}`);
  return file;
};
/** By name; also those that a batch makes by dynamic SQL. */
const procedures = ({ batches }: SqlFile) =>
  new Map(
    batches.flatMap((batch) => {
      const dynamic = /^IF [^\n]*\nEXEC \(N'(CREATE PROCEDURE[\s\S]*)'\);$/.exec(batch)?.[1];
      const text = dynamic?.replaceAll("''", "'") ?? batch;
      const [, name] = /^CREATE (?:OR ALTER )?PROCEDURE (mcms\.\w+)/.exec(text) ?? [];
      return name === undefined ? [] : [[name, text] as const];
    }),
  );

describe('the files of procedures and enterprise features', () => {
  it('are these, each asking for what it needs', () => {
    expect(
      files.map(({ name, headers }) => [name, headers.get('requires'), headers.get('transaction')]),
    ).toEqual([
      ['0011_work_queue_procedures.sql', undefined, undefined],
      ['0012_work_queue_memory_optimized.sql', 'in-memory-oltp', 'none'],
      ['0013_history_columnstore.sql', 'columnstore', 'none'],
      ['0014_query_store.sql', 'query-store', 'none'],
      ['0015_upkeep_procedures.sql', undefined, undefined],
      ['0016_statement_session_database.sql', 'database-event-session', 'none'],
      ['0017_statement_session_server.sql', 'server-event-session', 'none'],
      ['0018_commands.sql', undefined, undefined],
      ['0019_work_queue_lanes.sql', undefined, undefined],
      ['0020_work_queue_lanes_memory_optimized.sql', 'in-memory-oltp', 'none'],
    ]);
  });

  it.each(files.filter(({ headers }) => headers.get('transaction') === 'none'))(
    '$name may run any batch again',
    ({ batches }) => {
      expect(batches.filter((batch) => !/^(IF\b|CREATE OR ALTER PROCEDURE\b)/.test(batch))).toEqual([]);
    },
  );

  it.each(files.filter(({ headers }) => !headers.has('requires')))(
    '$name keeps to the T-SQL that SQL Server and Babelfish share',
    ({ batches }) => {
      const text = batches.join('\n');
      expect(
        /\b(MERGE|OR ALTER|WAITFOR|EXECUTE AS|COLUMNSTORE|MEMORY_OPTIMIZED|sys\.dm_)\b/i.exec(text)?.[0],
      ).toBeUndefined();
    },
  );

  it.each(files)('$name never updates by MERGE and balances its blocks', ({ batches }) => {
    for (const batch of batches) {
      expect(batch).not.toMatch(/\bMERGE\b/i);
      const begins = batch.match(/\bBEGIN\b(?! (?:TRANSACTION|TRY|CATCH))/g) ?? [];
      const ends = batch.match(/\bEND\b(?! (?:TRY|CATCH))/g) ?? [];
      const cases = batch.match(/\bCASE\b/g) ?? [];
      expect(ends.length).toBe(begins.length + cases.length);
      expect(batch.split('(').length).toBe(batch.split(')').length);
      expect((batch.match(/'/g) ?? []).length % 2).toBe(0);
    }
  });

  it.each(files.filter((file) => procedures(file).size > 0))(
    '$name lets the app run its procedures, but what makes sessions',
    (file) => {
      const granted = [...file.text.matchAll(/GRANT EXECUTE ON (mcms\.\w+) TO mcms_app/g)].map(
        ([, name]) => name ?? '',
      );
      const made = [...procedures(file).keys()].filter((name) => name !== 'mcms.StartStatementSession');
      expect(granted.toSorted()).toEqual(made.toSorted());
    },
  );

  it.each(files.filter(({ headers }) => headers.has('requires')))(
    '$name says where its rules are written',
    ({ text }) => {
      expect(text.match(/https:\/\/learn\.microsoft\.com\/sql\//g)?.length ?? 0).toBeGreaterThanOrEqual(3);
    },
  );
});

const PLAIN = [
  ...procedures(named('0011_work_queue_procedures.sql')),
  ...procedures(named('0019_work_queue_lanes.sql')),
];
/** The memory-optimized queue without lanes and with them, and the tables whose columns each has. */
const QUEUES = [
  { name: '0012_work_queue_memory_optimized.sql', plain: new Map(PLAIN.slice(0, 4)) },
  { name: '0020_work_queue_lanes_memory_optimized.sql', plain: new Map(PLAIN) },
].map((queue) => ({ ...queue, file: named(queue.name), native: procedures(named(queue.name)) }));
const natives = QUEUES.flatMap(({ name, native }) => [...native].map((one) => [name, ...one] as const));
const parametersOf = (text = '') =>
  [...text.split(/\bAS\b/)[0]!.matchAll(/@\w+ [\w()]+/g)].map(([parameter]) => parameter);
const rowsOf = (text = '') => {
  const last = text.lastIndexOf('SELECT');
  const returned = last < 0 || text.lastIndexOf('INSERT') > last ? '' : text.slice(last);
  return returned.split('FROM')[0]!.replaceAll(/\s+/g, ' ');
};
const tableOf = ({ batches }: SqlFile) =>
  batches.find((batch) => batch.includes('CREATE TABLE mcms.CamWorkItem (')) ?? '';

describe('the natively compiled procedures', () => {
  it.each(QUEUES)('of $name have the names, parameters and rows of the plain ones', ({ native, plain }) => {
    expect([...native.keys()].toSorted()).toEqual([...plain.keys()].toSorted());
    for (const [name, text] of native) {
      expect(parametersOf(text)).toEqual(parametersOf(plain.get(name)));
      expect(rowsOf(text)).toBe(rowsOf(plain.get(name)));
    }
  });

  it.each(natives)('%s: %s is one atomic, schema-bound block', (_file, _name, text) => {
    expect(text).toContain('WITH NATIVE_COMPILATION, SCHEMABINDING');
    expect(
      text.match(/BEGIN ATOMIC WITH \(TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english'\)/g),
    ).toHaveLength(1);
    for (const [, table] of text.matchAll(/(?:FROM|INTO|UPDATE) (\w[\w.]*)/g))
      expect(table).toBe('mcms.CamWorkItem');
  });

  it.each(natives)('%s: %s has nothing that native compilation lacks', (_file, _name, text) => {
    const body = text.slice(text.indexOf('BEGIN ATOMIC') + 'BEGIN ATOMIC WITH'.length);
    const lacking =
      /\b(MERGE|LIKE|CTE|OUTPUT|EXISTS|EXCEPT|INTERSECT|OFFSET|ROWLOCK|UPDLOCK|READPAST|NOLOCK|PRINT|RAISERROR|GOTO|TRUNCATE|RECOMPILE|TRANSACTION(?! ISOLATION)|COMMIT|ROLLBACK|CAST|CONVERT|COALESCE|IIF|BREAK)\b|SELECT \*|#\w|\bSET (?!@|state|leaseUntil)/i;
    expect(lacking.exec(body)?.[0]).toBeUndefined();
    // A common table expression begins a statement; hints and options stand in parentheses behind it.
    expect(body).not.toMatch(/;\s*WITH\b/i);
  });

  it.each(natives)('%s: %s hints at indexes that the table has', (file, _name, text) => {
    const table = tableOf(named(file));
    for (const [, index = ''] of text.matchAll(/INDEX \((\w+)\)/g))
      expect(table).toContain(`INDEX ${index} NONCLUSTERED`);
  });

  it.each(QUEUES)('of $name give every column of the table a value but the identity', ({ file, native }) => {
    const columns = [
      ...tableOf(file).matchAll(/^ {4}(\w+) (?:uniqueidentifier|int|bigint|bit|datetime2|nvarchar)/gm),
    ].map(([, name]) => name);
    const inserts = [...native.values()].flatMap((text) => [
      ...text.matchAll(/INSERT INTO mcms\.CamWorkItem \(([^)]*)\)\s+VALUES \(([^)]*)\)/g),
    ]);
    expect(inserts.length).toBe([...native.keys()].filter((name) => name.includes('Enqueue')).length);
    for (const [, inserted = '', values = ''] of inserts) {
      expect(['seq', ...inserted.split(',').map((name) => name.trim())]).toEqual(columns);
      expect(values.split(',')).toHaveLength(columns.length - 1);
    }
  });
});

describe.each(QUEUES)('the memory-optimized table of $name', ({ file }) => {
  const table = tableOf(file);

  it('is durable and has no clustered index, foreign key, default schema or included column', () => {
    expect(table).toContain('WITH (MEMORY_OPTIMIZED = ON, DURABILITY = SCHEMA_AND_DATA)');
    expect(table).toContain('PRIMARY KEY NONCLUSTERED (seq)');
    expect(table).not.toMatch(/(?<!NON)CLUSTERED|REFERENCES|INCLUDE|rowversion|\bmax\b/);
    expect(table.match(/BUCKET_COUNT = \d+/g)).toEqual(['BUCKET_COUNT = 16384', 'BUCKET_COUNT = 16384']);
    // A memory-optimized table takes eight indexes on older servers.
    expect(table.match(/PRIMARY KEY|UNIQUE|\bINDEX\b/g)?.length).toBeLessThanOrEqual(9);
  });

  it('has the columns of the plain one', () => {
    const core = readFileSync(join(FOLDER, '0001_core.sql'), 'utf8');
    const [, plain = ''] = /CREATE TABLE mcms\.CamWorkItem \(\n([\s\S]*?)\n\);/.exec(core) ?? [];
    const added = file.name >= '0019' ? named('0019_work_queue_lanes.sql').text : '';
    const columns = (text: string) =>
      text
        .split('\n')
        .map((line) =>
          line
            .trim()
            .replace(/[,;]$/, '')
            .replace(/ COLLATE \w+/, ''),
        )
        .filter((line) => /^[a-z]\w* (?:uniqueidentifier|n?varchar|int|bigint|bit|datetime2)/.test(line));
    expect(columns(table)).toEqual([...columns(plain), ...columns(added)]);
  });

  it('keeps its key columns within an index row', () => {
    // nvarchar(16) + nvarchar(24) + int + bigint, and at most nvarchar(16) + nvarchar(24) + nvarchar(200) + 2 int, of 2,500 bytes.
    expect(table).toContain(
      'INDEX IX_CamWorkItem_claim NONCLUSTERED (state, application, priority DESC, seq)',
    );
  });
});

describe('0020_work_queue_lanes_memory_optimized.sql', () => {
  const { text } = named('0020_work_queue_lanes_memory_optimized.sql');

  it('gives the table of 0012 the columns and indexes that a new one has', () => {
    const table = tableOf(named('0020_work_queue_lanes_memory_optimized.sql'));
    const [, altered = ''] = /EXEC \(N'ALTER TABLE mcms\.CamWorkItem ADD ([\s\S]*?);'\);/.exec(text) ?? [];
    const parts = altered.replaceAll("''", "'").split(/,\n\s+/);
    expect(parts).toHaveLength(6);
    for (const part of parts) expect(table).toContain(part);
  });

  it('finds the turn of an item by the keys of its indexes, as the plain procedure does', () => {
    const table = tableOf(named('0020_work_queue_lanes_memory_optimized.sql'));
    expect(table).toContain('_person NONCLUSTERED (state, application, requestedBy, priority, turn DESC)');
    expect(table).toContain('_turn NONCLUSTERED (state, application, priority, turn)');
    const turns = (name: string) => {
      const [, body = ''] =
        /DECLARE @turn int;([^]*?)INSERT INTO/.exec(named(name).text.replaceAll("''", "'")) ?? [];
      return body
        .replaceAll(/ WITH \(INDEX \(\w+\)\)/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim();
    };
    const plain = turns('0019_work_queue_lanes.sql');
    expect(plain.match(/WHERE .*? ORDER BY turn(?: DESC)?/g)).toEqual([
      "WHERE state = N'Waiting' AND application = @application AND requestedBy = @requestedBy AND priority = @priority ORDER BY turn DESC",
      "WHERE state = N'Waiting' AND application = @application AND priority = @priority ORDER BY turn",
    ]);
    expect(turns('0020_work_queue_lanes_memory_optimized.sql')).toBe(plain);
  });

  it('moves every column of the items it sets aside', () => {
    const lists = [...text.matchAll(/\n {4}(seq, workItemId[\s\S]*?turn)\b/g)].map(([, list = '']) =>
      list.replaceAll(/\s+/g, ' '),
    );
    expect(new Set(lists).size).toBe(1);
    expect(lists[0]?.split(', ')).toHaveLength(19);
  });
});

describe('the B-trees beside the columnstore', () => {
  const { batches } = named('0013_history_columnstore.sql');
  const core = readFileSync(join(FOLDER, '0001_core.sql'), 'utf8');
  const [, definition = ''] = /CREATE TABLE mcms\.HistoryEntry \(\n([\s\S]*?)\n\);/.exec(core) ?? [];
  const bytes = new Map(
    [...definition.matchAll(/^ {2}(\w+) (\w+)(?:\((\d+)[^)]*\))?/gm)]
      .filter(([, name]) => name !== 'CONSTRAINT')
      .map(([, name = '', type = '', length]) => [
        name,
        type === 'nvarchar'
          ? Number(length) * 2
          : type === 'uniqueidentifier'
            ? 16
            : type === 'char'
              ? Number(length)
              : 8,
      ]),
  );
  const indexes = batches.flatMap((batch) => {
    const found =
      /CREATE NONCLUSTERED INDEX (\w+)\s+ON mcms\.HistoryEntry \(([^)]*)\)(?:\s+INCLUDE \(([^)]*)\))?/.exec(
        batch,
      );
    const list = (text = '') =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean);
    return found ? [{ name: found[1] ?? '', keys: list(found[2]), included: list(found[3]) }] : [];
  });

  it.each(indexes.filter(({ name }) => !name.endsWith('amRevision')))(
    '$name has every column of a page',
    ({ keys, included }) => {
      expect([...keys, ...included].toSorted()).toEqual([...bytes.keys()].toSorted());
      expect(keys.slice(-2)).toEqual(['changedAt', 'seq']);
    },
  );

  it('take the place of every plain index of history', () => {
    const made = readdirSync(FOLDER)
      .filter((name) => name < '0010')
      .flatMap((name) => [
        ...readFileSync(join(FOLDER, name), 'utf8').matchAll(/CREATE INDEX (\w+) ON mcms\.HistoryEntry/g),
      ])
      .map(([, name]) => name);
    expect(indexes.map(({ name }) => name)).toEqual(expect.arrayContaining(made));
  });

  it.each(indexes)('$name stays below 1,700 bytes of key', ({ keys }) => {
    expect(keys.reduce((sum, key) => sum + (bytes.get(key) ?? Number.NaN), 0)).toBeLessThan(1700);
  });
});

describe('the two event sessions', () => {
  it('differ in where they live alone', () => {
    const [database, server] = [
      '0016_statement_session_database.sql',
      '0017_statement_session_server.sql',
    ].map((name) =>
      withoutComments(named(name).text)
        .replaceAll(/ON (?:DATABASE|SERVER)/g, 'ON …')
        .replaceAll(/sys\.(?:database|server)_event_sessions/g, 'sys.…_event_sessions')
        .replaceAll(/sys\.dm_xe_(?:database_)?/g, 'sys.dm_xe_…')
        .replaceAll(/N'mcms_statements'|LEFT\(N'mcms_statements_' \+ DB_NAME\(\), 128\)|@session\b/g, '…name')
        .replaceAll(/' \+ QUOTENAME\(…name\) \+ N'|mcms_statements\b/g, '…name')
        .replaceAll(/DROP EVENT SESSION …name ON …|EXEC \(@drop\)/g, '…drop')
        .replaceAll(/^ {2}DECLARE (?:…name|@drop) .*\n/gm, '')
        .replace(/ AND sqlserver\.database_name = N' \+ QUOTENAME\(DB_NAME\(\), ''''\)/, "'")
        .replace(/WITH EXECUTE AS OWNER\n/, '')
        .replaceAll(/\s+/g, ' '),
    );
    expect(server).toBe(database);
  });
});
