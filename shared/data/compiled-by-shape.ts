import { isDeepStrictEqual } from 'node:util';
import type { Compilable, CompiledQuery } from 'kysely';
import { plainValue, rebind } from './bound.ts';
import type { Database, Queries } from './database.ts';

type Source = Pick<Database, 'read' | 'dialect'>;

/** A query whose text is one of few, for inputs of any number. */
export interface ShapedQuery<Input, Row> {
  build(source: Source, input: Input): Compilable<Row>;
  /** Names the text among those of the query. */
  shapeOf(input: Input): string;
  /** The parameters of that text, in their order. */
  valuesOf(input: Input, dialect: Database['dialect']): readonly unknown[];
}

const MAX_SHAPES = 500;

/**
 * Builds and compiles each shape of a query once; later ones get their values bound to it. For reads that are made all day: building
 * takes longer than all else that stands between a service and the driver. A shape whose parameters are others than `valuesOf` says
 * is built each time.
 */
export function compiledByShape<Input, Row>(
  query: ShapedQuery<Input, Row>,
): (source: Source, input: Input) => CompiledQuery<Row> {
  const knownBySource = new WeakMap<Queries, Map<string, CompiledQuery<Row>>>();
  return (source, input) => {
    const known = knownBySource.get(source.read) ?? new Map<string, CompiledQuery<Row>>();
    knownBySource.set(source.read, known);
    const key = query.shapeOf(input);
    const values = query.valuesOf(input, source.dialect);
    const before = known.get(key);
    if (before) return rebind(before, values);
    const compiled = query.build(source, input).compile();
    if (isDeepStrictEqual(compiled.parameters.map(plainValue), values)) {
      if (known.size >= MAX_SHAPES) known.clear();
      known.set(key, compiled);
    }
    return compiled;
  };
}

/** The names of those members that are not undefined: what a filter's text depends on. */
export function namesOf(filter: object): string {
  return Object.entries(filter)
    .flatMap(([name, value]) => (value === undefined ? [] : name))
    .sort()
    .join();
}
