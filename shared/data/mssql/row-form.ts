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
  transformQuery({ node }: PluginTransformQueryArgs): RootOperationNode {
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    result.rows.forEach(giveForm);
    return result;
  }
}

/** `bigint` columns arrive as text from tedious; all of them stay far below 2^53. */
const BIGINT_COLUMNS = new Set([
  'seq',
  'sizeBytes',
  'count',
  'rowsRead',
  'rowsWritten',
  'rowsRejected',
  'byteOffset',
  'rejectedBytes',
]);

/** In place: the rows are the driver's own, made for this answer. */
function giveForm(row: UnknownRow): void {
  for (const column of Object.keys(row)) {
    const value = row[column];
    if (value instanceof Date) row[column] = value.toISOString();
    else if (typeof value === 'boolean') row[column] = value ? 1 : 0;
    else if (typeof value === 'string' && BIGINT_COLUMNS.has(column)) row[column] = Number(value);
  }
}
