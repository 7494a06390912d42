import {
  AliasNode,
  type BinaryOperationNode,
  CaseNode,
  ColumnNode,
  type ColumnUpdateNode,
  FunctionNode,
  type InsertQueryNode,
  type OperationNode,
  OperationNodeTransformer,
  PrimitiveValueListNode,
  type QueryId,
  RawNode,
  ReferenceNode,
  type RootOperationNode,
  TableNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
} from 'kysely';
import { TypedValue } from '../bound.ts';
import { columnType } from '../columns.ts';
import type { SqlType } from '../sql-type.ts';

/**
 * The query with every value given the type of the column it meets: in comparisons, `in` lists, inserted rows and updates. What
 * stands in raw SQL is typed by `bound`.
 */
export function withParameterTypes(node: RootOperationNode, queryId: QueryId): RootOperationNode {
  return new Typing().transformNode(node, queryId);
}

class Typing extends OperationNodeTransformer {
  protected override transformBinaryOperation(
    node: BinaryOperationNode,
    queryId: QueryId,
  ): BinaryOperationNode {
    const { leftOperand, operator, rightOperand } = super.transformBinaryOperation(node, queryId);
    const left = this.#typeOf(leftOperand);
    const right = this.#typeOf(rightOperand);
    return {
      kind: 'BinaryOperationNode',
      operator,
      leftOperand: right ? typedNode(leftOperand, right) : leftOperand,
      rightOperand: left ? typedNode(rightOperand, left) : rightOperand,
    };
  }

  protected override transformInsertQuery(node: InsertQueryNode, queryId: QueryId): InsertQueryNode {
    const query = super.transformInsertQuery(node, queryId);
    if (!query.values || !ValuesNode.is(query.values) || !query.columns) return query;
    const types = query.columns.map((column) => this.#typeOf(column));
    const rows = query.values.values.map((row) =>
      PrimitiveValueListNode.is(row)
        ? PrimitiveValueListNode.create(row.values.map((value, index) => typedValue(value, types[index])))
        : ValueListNode.create(row.values.map((value, index) => typedNode(value, types[index]))),
    );
    return { ...query, values: ValuesNode.create(rows) };
  }

  protected override transformColumnUpdate(node: ColumnUpdateNode, queryId: QueryId): ColumnUpdateNode {
    const { column, value } = super.transformColumnUpdate(node, queryId);
    return { kind: 'ColumnUpdateNode', column, value: typedNode(value, this.#typeOf(column)) };
  }

  /** The type of the column that a node names, among the tables of the query it stands in and of those around it. */
  #typeOf(node: OperationNode): SqlType | undefined {
    const column = columnOf(node);
    if (!column) return undefined;
    if (column.table !== undefined)
      return columnType(this.#aliases().get(column.table) ?? column.table, column.name);
    for (const table of this.#tables()) {
      const type = columnType(table, column.name);
      if (type) return type;
    }
    return undefined;
  }

  *#tables(): Generator<string> {
    for (const query of this.nodeStack.toReversed()) {
      for (const source of sourcesOf(query)) yield source.table;
    }
  }

  #aliases(): Map<string, string> {
    return new Map(
      this.nodeStack.flatMap((query) => sourcesOf(query).map(({ name, table }) => [name, table])),
    );
  }
}

/** Column of a `"table"."column"` or `"column"`, also of one that `sql.ref` names: that is a raw node with nothing around it. */
function columnOf(
  node: OperationNode,
): { readonly table: string | undefined; readonly name: string } | undefined {
  if (RawNode.is(node)) {
    const [only] = node.parameters;
    return only && node.sqlFragments.join('') === '' ? columnOf(only) : undefined;
  }
  if (ColumnNode.is(node)) return { table: undefined, name: node.column.name };
  if (!ReferenceNode.is(node) || !ColumnNode.is(node.column)) return undefined;
  return { table: node.table?.table.identifier.name, name: node.column.column.name };
}

interface Source {
  readonly name: string;
  readonly table: string;
}

function sourcesOf(query: OperationNode): Source[] {
  switch (query.kind) {
    case 'SelectQueryNode':
    case 'DeleteQueryNode':
    case 'UpdateQueryNode':
    case 'InsertQueryNode':
      return sourceNodes(query as QueryNode).flatMap(sourceOf);
    default:
      return [];
  }
}

interface QueryNode {
  readonly from?: { readonly froms: readonly OperationNode[] };
  readonly joins?: readonly { readonly table: OperationNode }[];
  readonly table?: OperationNode;
  readonly into?: OperationNode;
}

function sourceNodes({ from, joins, table, into }: QueryNode): readonly OperationNode[] {
  const single = [table, into].filter((node) => node !== undefined);
  return [...(from?.froms ?? []), ...(joins ?? []).map((join) => join.table), ...single];
}

function sourceOf(node: OperationNode): Source[] {
  if (TableNode.is(node)) {
    const { name } = node.table.identifier;
    return [{ name, table: name }];
  }
  if (!AliasNode.is(node) || node.alias.kind !== 'IdentifierNode') return [];
  const { name } = node.alias as OperationNode & { readonly name: string };
  return sourceOf(node.node).map(({ table }) => ({ name, table }));
}

/** A value, or what a case or a function makes one of, such as `coalesce`. */
function typedNode(node: OperationNode, type: SqlType | undefined): OperationNode {
  if (!type) return node;
  if (CaseNode.is(node)) {
    const when = node.when?.map((branch) => ({
      ...branch,
      ...(branch.result ? { result: typedNode(branch.result, type) } : {}),
    }));
    return {
      ...node,
      ...(when ? { when } : {}),
      ...(node.else ? { else: typedNode(node.else, type) } : {}),
    } as CaseNode;
  }
  if (FunctionNode.is(node)) {
    return FunctionNode.create(
      node.func,
      node.arguments.map((argument) => typedNode(argument, type)),
    );
  }
  if (ValueNode.is(node)) return node.immediate ? node : ValueNode.create(typedValue(node.value, type));
  if (PrimitiveValueListNode.is(node)) {
    return PrimitiveValueListNode.create(node.values.map((value) => typedValue(value, type)));
  }
  if (ValueListNode.is(node)) return ValueListNode.create(node.values.map((value) => typedNode(value, type)));
  return node;
}

function typedValue(value: unknown, type: SqlType | undefined): unknown {
  return !type || value instanceof TypedValue ? value : new TypedValue(type, value);
}
