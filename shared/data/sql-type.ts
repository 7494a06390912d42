/** Type of a column on SQL Server. Lengths are in UTF-16 units (`nvarchar`) or bytes (`ascii`), as infra/sql/mssql declares them. */
export type SqlType =
  | { readonly kind: 'bigint' | 'int' | 'real' | 'bit' | 'uuid' | 'time' }
  | { readonly kind: 'nvarchar'; readonly length: number | 'max' }
  | { readonly kind: 'char' | 'varchar'; readonly length: number };

export const bigint = { kind: 'bigint' } as const satisfies SqlType;
export const int = { kind: 'int' } as const satisfies SqlType;
export const real = { kind: 'real' } as const satisfies SqlType;
/** 0 or 1. */
export const bit = { kind: 'bit' } as const satisfies SqlType;
/** Lower-case UUID text. */
export const uuid = { kind: 'uuid' } as const satisfies SqlType;
/** ISO 8601 UTC text with milliseconds. */
export const time = { kind: 'time' } as const satisfies SqlType;
export const nvarchar = (length: number | 'max') => ({ kind: 'nvarchar', length }) as const satisfies SqlType;
export const char = (length: number) => ({ kind: 'char', length }) as const satisfies SqlType;
export const varchar = (length: number) => ({ kind: 'varchar', length }) as const satisfies SqlType;

/** The type as T-SQL writes it: `nvarchar(64)`, `datetime2(3)`. */
export function declarationOf(type: SqlType): string {
  switch (type.kind) {
    case 'uuid':
      return 'uniqueidentifier';
    case 'time':
      return 'datetime2(3)';
    case 'nvarchar':
    case 'char':
    case 'varchar':
      return `${type.kind}(${type.length})`;
    case 'bigint':
    case 'int':
    case 'real':
    case 'bit':
      return type.kind;
  }
}
