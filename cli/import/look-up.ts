/** SQL Server takes 2,100 parameters a statement; some queries bind two lists of this length. */
const VALUES_PER_QUERY = 500;

/** Distinct values in slices that fit into one `in (…)`. */
export function* slices<T>(values: Iterable<T>, size = VALUES_PER_QUERY): Generator<T[]> {
  const distinct = [...new Set(values)];
  for (let start = 0; start < distinct.length; start += size) yield distinct.slice(start, start + size);
}

/** Codes of several levels as one key: no code holds a space. */
export function keyOf(...codes: readonly string[]): string {
  return codes.join(' ');
}
