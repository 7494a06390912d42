/** SQL Server takes 2,100 parameters a statement and 1,000 rows a VALUES list; SQLite takes more of both. */
const MAX_PARAMETERS = 2000;
const MAX_ROWS = 1000;

/** Splits rows of one shape into slices that fit into one multi-row INSERT on either engine; no slices for no rows. */
export function rowBatches<Row extends object>(rows: readonly Row[]): Row[][] {
  const columns = Object.keys(rows[0] ?? {}).length;
  const size = Math.min(MAX_ROWS, Math.floor(MAX_PARAMETERS / Math.max(columns, 1)));
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, index) =>
    rows.slice(index * size, (index + 1) * size),
  );
}
