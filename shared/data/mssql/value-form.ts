import { isoTime } from './iso-time.ts';

/** What the driver tells of a column. */
export interface ColumnFacts {
  readonly type: { readonly name: string };
  readonly dataLength?: number | undefined;
}

/** A value of a row as the driver gives it. */
export interface ColumnValue {
  value: unknown;
}

const BIGINT_BYTES = 8;

/** Puts the values of one row in form, in place. */
export type RowForm = (columns: readonly ColumnValue[]) => void;

/**
 * The form that `schema.ts` promises for rows of these columns: times as ISO text, bits as 0 or 1, bigints as numbers (all of them
 * stay far below 2^53). Most columns need nothing, and lists have up to a thousand rows: what is to be done is found out once.
 */
export function rowFormOf(metadata: readonly ColumnFacts[]): RowForm {
  const conversions = metadata.flatMap((column, index) => {
    const convert = conversionOf(column);
    return convert ? [{ index, convert }] : [];
  });
  return (columns) => {
    for (const { index, convert } of conversions) {
      const column = columns[index];
      if (column && column.value !== null) column.value = convert(column.value);
    }
  };
}

function conversionOf({ type, dataLength }: ColumnFacts): ((value: unknown) => unknown) | undefined {
  switch (type.name) {
    case 'DateTime2':
    case 'DateTime':
    case 'DateTimeN':
    case 'SmallDateTime':
    case 'DateTimeOffset':
    case 'Date':
      return (date) => isoTime(date as Date);
    case 'Bit':
    case 'BitN':
      return (bit) => (bit === true ? 1 : 0);
    case 'BigInt':
      return Number;
    case 'IntN':
      return dataLength === BIGINT_BYTES ? Number : undefined;
    default:
      return undefined;
  }
}
