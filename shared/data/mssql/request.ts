import * as Tedious from 'tedious';
import { TypedValue } from '../bound.ts';
import type { SqlType } from '../sql-type.ts';
import { type ColumnValue, type RowForm, rowFormOf } from './value-form.ts';

const { TYPES } = Tedious;

type AddParameter = Parameters<Tedious.Request['addParameter']>;
type DataType = AddParameter[1];
type ParameterOptions = NonNullable<AddParameter[3]>;

/** SQL Server keeps up to this many units in an `nvarchar(n)`. */
const LONGEST_NVARCHAR = 4000;
/** How SQL Server calls a length without limit. */
const MAX = 'max';

/**
 * A request whose parameters carry types of their own (`TypedValue`), and whose rows have the form of `schema.ts` before any other
 * listener sees them. A text without a type is refused: the driver would bind it by its length, and the server would convert the
 * column instead of using its index.
 */
export class TypedRequest extends Tedious.Request {
  constructor(...[sql, callback, options]: ConstructorParameters<typeof Tedious.Request>) {
    super(sql, (error, ...rest) => callback(oneError(error), ...rest), options);
    let giveForm: RowForm = () => undefined;
    this.on('columnMetadata', (columns) => (giveForm = rowFormOf(Object.values(columns))));
    this.on('row', (columns) => giveForm(columns as ColumnValue[]));
  }

  override addParameter(...[name, type, value, options]: AddParameter): void {
    if (value instanceof TypedValue) {
      const parameter = parameterOf(value.type, value.value);
      super.addParameter(name, parameter.type, parameter.value, parameter.options);
    } else if (typeof value === 'string') {
      throw new TypeError(`parameter ${name} has no type: compare it with a column, or use bound()`);
    } else super.addParameter(name, type, value, options);
  }
}

interface Parameter {
  readonly type: DataType;
  readonly value: unknown;
  readonly options: ParameterOptions;
}

/** How the driver is told a type and a value of it; the type and its options are also those of a column in a bulk load. */
export function parameterOf(type: SqlType, value: unknown): Parameter {
  switch (type.kind) {
    case 'uuid':
      return { type: TYPES.UniqueIdentifier, value, options: {} };
    case 'time':
      return { type: TYPES.DateTime2, value: instant(value), options: { scale: 3 } };
    case 'bit':
      return {
        type: TYPES.Bit,
        value: value === null || value === undefined ? null : Boolean(value),
        options: {},
      };
    case 'nvarchar':
      return { type: TYPES.NVarChar, value, options: { length: nvarcharLength(type.length, value) } };
    case 'char':
      return { type: TYPES.Char, value, options: { length: type.length } };
    case 'varchar':
      return { type: TYPES.VarChar, value, options: { length: type.length } };
    case 'bigint':
      return { type: TYPES.BigInt, value, options: {} };
    case 'int':
      return { type: TYPES.Int, value, options: {} };
    case 'real':
      return { type: TYPES.Real, value, options: {} };
  }
}

/** ISO text as a Date, whose milliseconds `datetime2(3)` holds without rounding. */
function instant(value: unknown): Date | null {
  if (value === null || value === undefined) return null;
  const date = new Date(value as string | Date);
  if (Number.isNaN(date.getTime())) throw new TypeError('a time is not ISO 8601');
  return date;
}

/** The column's own length, so that all calls share a plan; a value that is longer cannot match, but may be asked for. */
function nvarcharLength(length: number | typeof MAX, value: unknown): number {
  const needed = typeof value === 'string' ? value.length : 0;
  if (length !== MAX && needed <= length) return length;
  return length !== MAX && needed <= LONGEST_NVARCHAR ? LONGEST_NVARCHAR : Number.POSITIVE_INFINITY;
}

/** Of several errors in one answer the first, which is what went wrong; the others say what it led to. */
function oneError<E extends Error | null | undefined>(error: E): E {
  const [first] = error instanceof AggregateError ? (error.errors as E[]) : [];
  return first ?? error;
}
