import { ImportError } from '../errors.ts';
import { parseRows } from './csv-rows.ts';
import type { Column, Position } from './record.ts';

export interface CsvHeader {
  readonly delimiter: string;
  /** In the order of the file. */
  readonly columns: readonly Column[];
  /** Where the first record begins. */
  readonly start: Position;
}

const DELIMITERS = [',', ';', '\t'];

/**
 * Reads the first record as the names of the columns, in any order, separated by commas, semicolons or tabs.
 * @throws {ImportError} when a name is unknown or given twice, or a required one is missing.
 */
export async function readCsvHeader(
  path: string,
  textOffset: number,
  known: readonly Column[],
): Promise<CsvHeader> {
  const headers = await Promise.all(
    DELIMITERS.map(async (delimiter) => ({ delimiter, ...(await firstRow(path, textOffset, delimiter)) })),
  );
  const matching = (names: readonly string[]): number =>
    names.filter((name) => known.some((column) => column.name === name)).length;
  const [header] = headers.toSorted((a, b) => matching(b.names) - matching(a.names));
  if (!header) throw new ImportError('the file has no header line');
  const { delimiter, names, byteOffset, lines } = header;
  return {
    delimiter,
    columns: checkNames(names, known),
    start: { byteOffset, records: 0, line: lines + 1 },
  };
}

async function firstRow(path: string, textOffset: number, delimiter: string) {
  const start = { byteOffset: textOffset, line: 1 };
  for await (const rows of parseRows(path, start, delimiter)) {
    const [row] = rows;
    // A header cannot hold line breaks: its names are known.
    if (row)
      return { names: row.fields.map((name) => name.trim()), byteOffset: row.endOffset, lines: row.line };
  }
  return { names: [], byteOffset: textOffset, lines: 0 };
}

function checkNames(names: readonly string[], known: readonly Column[]): Column[] {
  const list = known.map(({ name }) => name).join(', ');
  const problems: string[] = [];
  const columns = names.map((name, index): Column => {
    const column = known.find((candidate) => candidate.name === name);
    if (!column) problems.push(`"${name}" is not a column of this import`);
    if (names.indexOf(name) !== index) problems.push(`"${name}" is there twice`);
    return column ?? { name };
  });
  for (const { name, required } of known) {
    if (required && !names.includes(name)) problems.push(`"${name}" is missing`);
  }
  if (problems.length > 0) {
    throw new ImportError(`the header line: ${problems.slice(0, 5).join('; ')}. Columns are: ${list}`);
  }
  return columns;
}
