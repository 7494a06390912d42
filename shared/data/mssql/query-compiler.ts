import { type CompiledQuery, MssqlQueryCompiler, type QueryId, type RootOperationNode } from 'kysely';
import { TypedValue } from '../bound.ts';
import type { SqlType } from '../sql-type.ts';
import { withParameterTypes } from './parameter-types.ts';

/** Lists of any length make texts of any number. */
const MAX_KNOWN_TEXTS = 1000;

/**
 * Compiles queries to T-SQL whose parameters carry the types of their columns. Which type stands where follows from the text: it
 * is worked out once for each, because that takes longer than compiling.
 */
export class TypedQueryCompiler extends MssqlQueryCompiler {
  readonly #typesByText = new Map<string, readonly (SqlType | undefined)[]>();

  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
    const plain = super.compileQuery(node, queryId);
    const types = this.#typesByText.get(plain.sql) ?? this.#workOut(node, plain);
    return { ...plain, parameters: plain.parameters.map((value, index) => typedAs(value, types[index])) };
  }

  /** The types that columns give; values that have types of their own keep them. */
  #workOut(node: RootOperationNode, plain: CompiledQuery): readonly (SqlType | undefined)[] {
    const typed = super.compileQuery(withParameterTypes(node, plain.queryId), plain.queryId);
    const types = typed.parameters.map((value, index) =>
      value instanceof TypedValue && !(plain.parameters[index] instanceof TypedValue)
        ? value.type
        : undefined,
    );
    if (this.#typesByText.size >= MAX_KNOWN_TEXTS) this.#typesByText.clear();
    this.#typesByText.set(plain.sql, types);
    return types;
  }
}

function typedAs(value: unknown, type: SqlType | undefined): unknown {
  return type ? new TypedValue(type, value) : value;
}
