import type { Compilable, CompiledQuery } from 'kysely';
import { plainValue, rebind } from './bound.ts';
import type { Database, Queries } from './database.ts';

type Source = Pick<Database, 'read' | 'dialect'>;
type Value = string | number | undefined;
export type Values = Readonly<Record<string, Value>>;

/** A query whose text depends on which values are there, never on what they are. */
export interface ShapedQuery<Input, Row> {
  build(source: Source, input: Input): Compilable<Row>;
  /** The values that are bound. */
  valuesOf(input: Input): Values;
  /** The input with other values in their place. */
  withValues(input: Input, values: Values): Input;
  /** Names all else that the text depends on: order, view, number of rows. */
  shapeOf(input: Input): string;
}

/** A compiled shape, and for each of its parameters the name of the value that belongs there; without one it stays as compiled. */
interface Known<Row> {
  readonly compiled: CompiledQuery<Row>;
  readonly names: readonly (string | undefined)[];
}

const MAX_SHAPES = 500;
/** Private-use characters, which no field takes (and no request could bring here: shapes are compiled with marks alone). */
const [MARK, MARK_END] = ['\u{E000}', '\u{E001}'];
const FIRST_NUMBER_MARK = Number.MIN_SAFE_INTEGER;

/**
 * Builds and compiles each shape of a query once, and binds later values to it. For reads that are made all day: building takes longer
 * than all else that stands between a service and the driver. Which value belongs to which parameter is found by compiling the shape
 * with a mark in place of each value. A query that changes a value before binding it is built each time.
 */
export function compiledByShape<Input, Row>(
  query: ShapedQuery<Input, Row>,
): (source: Source, input: Input) => CompiledQuery<Row> {
  const knownBySource = new WeakMap<Queries, Map<string, Known<Row> | undefined>>();
  return (source, input) => {
    const shapes = knownBySource.get(source.read) ?? new Map<string, Known<Row> | undefined>();
    knownBySource.set(source.read, shapes);
    const values = query.valuesOf(input);
    const given = Object.keys(values).filter((name) => values[name] !== undefined);
    const key = `${given.join()} ${query.shapeOf(input)}`;
    if (!shapes.has(key)) {
      if (shapes.size >= MAX_SHAPES) shapes.clear();
      shapes.set(key, learn(query, source, { input, values, given }));
    }
    const known = shapes.get(key);
    if (!known) return query.build(source, input).compile();
    const { compiled, names } = known;
    return rebind(
      compiled,
      names.map((name, index) =>
        name === undefined ? plainValue(compiled.parameters[index]) : values[name],
      ),
    );
  };
}

/** Undefined where a mark does not come through as it is. */
function learn<Input, Row>(
  query: ShapedQuery<Input, Row>,
  source: Source,
  {
    input,
    values,
    given,
  }: { readonly input: Input; readonly values: Values; readonly given: readonly string[] },
): Known<Row> | undefined {
  const marks = given.map((name, index) =>
    typeof values[name] === 'number' ? FIRST_NUMBER_MARK + index : `${MARK}${index}${MARK_END}`,
  );
  const marked = Object.fromEntries(given.map((name, index) => [name, marks[index]]));
  const compiled = query.build(source, query.withValues(input, marked)).compile();
  const parameters = compiled.parameters.map(plainValue);
  const names = parameters.map((parameter) => given[marks.indexOf(parameter as string | number)]);
  const changed = parameters.some(
    (parameter, index) => names[index] === undefined && String(parameter).includes(MARK),
  );
  const lost = given.some((name) => !names.includes(name));
  return changed || lost ? undefined : { compiled, names };
}
