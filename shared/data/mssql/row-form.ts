import type {
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryResult,
  RootOperationNode,
  UnknownRow,
} from 'kysely';

/** Gives rows of SQL Server the form that `schema.ts` promises: dates as ISO text, bits as 0 or 1, bigints as numbers. */
export class RowForm implements KyselyPlugin {
  transformQuery(args: PluginTransformQueryArgs): RootOperationNode {
    return args.node;
  }

  async transformResult(args: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    return { ...args.result, rows: args.result.rows.map(rowForm) };
  }
}

/** `bigint` columns arrive as text from tedious; only `seq` and `sizeBytes` are of that type, both far below 2^53. */
const BIGINT_COLUMNS = new Set(['seq', 'sizeBytes', 'count']);

function rowForm(row: UnknownRow): UnknownRow {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, plain(column, value)]));
}

function plain(column: string, value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' && BIGINT_COLUMNS.has(column)) return Number(value);
  return value;
}
