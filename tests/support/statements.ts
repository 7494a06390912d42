import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@jest/globals';
import {
  type CompiledQuery,
  type KyselyPlugin,
  LimitNode,
  OperationNodeTransformer,
  type QueryCompiler,
  type QueryId,
  type RawNode,
  type RootOperationNode,
  type SelectQueryNode,
  SqliteQueryCompiler,
  TopNode,
  ValueNode,
  WithSchemaPlugin,
  createQueryId,
} from 'kysely';
import { TypedValue } from '../../shared/data/bound.ts';
import type { Database, DialectName, Queries } from '../../shared/data/index.ts';
import { TypedQueryCompiler } from '../../shared/data/mssql/query-compiler.ts';
import { declarationOf } from '../../shared/data/sql-type.ts';

/** A statement as each engine gets it; `null` for one that only the other engine gets. Lists of any length stand as one element. */
export interface Statement {
  readonly sqlite: string | null;
  readonly mssql: string | null;
  /** Types of the parameters on SQL Server, in their order. */
  readonly types: string;
}

const CATALOGUE = resolve('tests/contract/data/statements.json');
/** Set by `npm run statements`: the folder for what is met, instead of comparing it with the catalogue. */
const RECORD_FOLDER = process.env['MCMS_RECORD_STATEMENTS'];

const met = new Map<string, Statement>();

/** The same database, with every statement noted that goes to it. */
export function noting(database: Database): Database {
  const plugin = new Notes(database.dialect);
  return {
    ...database,
    read: database.read.withPlugin(plugin),
    readReplica: (work) => database.readReplica((queries) => work(queries.withPlugin(plugin))),
    transaction: <T>(work: (trx: Queries) => Promise<T>) =>
      database.transaction((trx) => work(trx.withPlugin(plugin))),
  };
}

/** Every statement noted so far stands in the catalogue, in both forms and with its types. */
export function expectKnownStatements(): void {
  if (met.size === 0) return;
  if (RECORD_FOLDER) return record(RECORD_FOLDER, [...met.values()]);
  const known = new Set((JSON.parse(readFileSync(CATALOGUE, 'utf8')) as Statement[]).flatMap(forms));
  const unknown = [...met.values()].filter((statement) => forms(statement).some((form) => !known.has(form)));
  met.clear();
  // `npm run statements` takes them up, and its diff shows them for review.
  expect({ notInCatalogue: unknown }).toEqual({ notInCatalogue: [] });
}

/** One text per engine that gets the statement. */
function forms({ sqlite, mssql, types }: Statement): string[] {
  return [
    ...(sqlite === null ? [] : [`sqlite: ${sqlite}`]),
    ...(mssql === null ? [] : [`mssql: ${mssql} ${types}`]),
  ];
}

function record(folder: string, statements: readonly Statement[]): void {
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify(statements);
  writeFileSync(join(folder, `${createHash('sha256').update(text).digest('hex')}.json`), text);
}

class Notes implements KyselyPlugin {
  readonly #dialect: DialectName;

  constructor(dialect: DialectName) {
    this.#dialect = dialect;
  }

  transformQuery({ node }: { node: RootOperationNode }): RootOperationNode {
    const statement = node.kind === 'RawNode' ? rawForm(node, this.#dialect) : bothForms(node);
    met.set(JSON.stringify(statement), statement);
    return node;
  }

  transformResult({ result }: Parameters<KyselyPlugin['transformResult']>[0]) {
    return Promise.resolve(result);
  }
}

/** Raw SQL is written for one engine. */
function rawForm(node: RootOperationNode, dialect: DialectName): Statement {
  if (dialect === 'sqlite')
    return { sqlite: textOf(compile(new SqliteQueryCompiler(), node)), mssql: null, types: '' };
  const compiled = compile(new TypedQueryCompiler(), node);
  return { sqlite: null, mssql: textOf(compiled), types: typesOf(compiled) };
}

function bothForms(node: RootOperationNode): Statement {
  const queryId = createQueryId();
  const plain = new WithoutSchema().transformNode(node, queryId);
  const sqlite = textOf(compile(new SqliteQueryCompiler(), inTheWayOf('sqlite', plain, queryId)));
  // SQL Server knows OUTPUT instead; whoever writes RETURNING writes for SQLite.
  if (/ returning /.test(sqlite)) return { sqlite, mssql: null, types: '' };
  const schema = new WithSchemaPlugin('mcms').transformQuery({ node: plain, queryId });
  const mssql = compile(new TypedQueryCompiler(), inTheWayOf('mssql', schema, queryId));
  return {
    sqlite,
    mssql: textOf(mssql),
    types: typesOf(mssql),
  };
}

function inTheWayOf(dialect: DialectName, node: RootOperationNode, queryId: QueryId): RootOperationNode {
  return new Searches(dialect).transformNode(
    new Firsts(dialect === 'mssql' ? 'top' : 'limit').transformNode(node, queryId),
    queryId,
  );
}

function compile(compiler: QueryCompiler, node: RootOperationNode): CompiledQuery {
  return compiler.compileQuery(node, createQueryId());
}

/** The text with lists of parameters and of rows shortened to one element, and white space folded. */
function textOf({ sql }: CompiledQuery): string {
  return sql
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ in \((?:\?|@\d+)(?:, (?:\?|@\d+))*\)/g, ' in (…)')
    .replace(/ values \((?:[^()]|\(\))*\)(?:, \((?:[^()]|\(\))*\))*/, ' values (…)')
    .replaceAll(/@\d+/g, '@')
    .replaceAll(/\b(top\(|limit )\d+/g, '$1n')
    .trim();
}

/** Types in the order of the parameters, those of repeated rows and lists once. */
function typesOf({ parameters, sql }: CompiledQuery): string {
  const types = parameters.map((parameter) => {
    if (parameter instanceof TypedValue) return declarationOf(parameter.type);
    if (typeof parameter === 'string') throw new Error(`a text without a type in: ${sql}`);
    return typeof parameter;
  });
  const columns = /^insert into [^(]+\(([^)]*)\)/.exec(sql)?.[1]?.split(',').length;
  if (columns !== undefined) return types.slice(0, columns).join(', ');
  const lists = [...sql.matchAll(/ in \((@\d+(?:, @\d+)*)\)/g)].flatMap(([, list = '']) =>
    list.split(', ').slice(1),
  );
  const repeated = new Set(lists.map((name) => Number(name.slice(1)) - 1));
  return types.filter((_type, index) => !repeated.has(index)).join(', ');
}

class WithoutSchema extends OperationNodeTransformer {
  protected override transformSchemableIdentifier(
    ...args: Parameters<OperationNodeTransformer['transformSchemableIdentifier']>
  ) {
    const { kind, identifier } = super.transformSchemableIdentifier(...args);
    return { kind, identifier };
  }
}

/** The first rows of a query in the way of one engine. */
class Firsts extends OperationNodeTransformer {
  readonly #way: 'top' | 'limit';

  constructor(way: 'top' | 'limit') {
    super();
    this.#way = way;
  }

  protected override transformSelectQuery(node: SelectQueryNode, queryId: QueryId): SelectQueryNode {
    const { top, limit, ...query } = super.transformSelectQuery(node, queryId);
    if (!top && !limit) return query;
    return this.#way === 'top'
      ? { ...query, top: TopNode.create(1) }
      : { ...query, limit: LimitNode.create(ValueNode.create(1)) };
  }
}

/** The text of `contains` around its two parts, which the engines name in opposite order. */
const SEARCH = {
  sqlite: ['instr(lower(', '), lower(', ')) > 0'],
  mssql: ['charindex(lower(', ' collate Latin1_General_100_BIN2), lower(', ')) > 0'],
} as const satisfies Record<DialectName, readonly string[]>;

/** What `contains` makes, in the way of one engine. */
class Searches extends OperationNodeTransformer {
  readonly #dialect: DialectName;

  constructor(dialect: DialectName) {
    super();
    this.#dialect = dialect;
  }

  protected override transformRaw(node: RawNode, queryId: QueryId): RawNode {
    const raw = super.transformRaw(node, queryId);
    const made = (['sqlite', 'mssql'] as const).find((dialect) => SEARCH[dialect][0] === raw.sqlFragments[0]);
    if (made === undefined || made === this.#dialect) return raw;
    return { ...raw, sqlFragments: SEARCH[this.#dialect], parameters: raw.parameters.toReversed() };
  }
}
