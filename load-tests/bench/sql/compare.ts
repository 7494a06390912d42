import { type Measurement, type Say, median } from '../benchmark.ts';
import type { Engine } from './engines.ts';
import { type Side, interleave } from './interleave.ts';
import { type QueryClass, WARM_UP_ROUNDS, queryClasses } from './query-classes.ts';
import { recordStatements } from './recording.ts';

/** What the product takes for each class of queries, and what the driver takes for the same statements, on one engine. */
export async function compareWithDriver(engine: Engine, say: Say): Promise<Measurement[]> {
  say(`${engine.name} is ${engine.version}`);
  const measurements: Measurement[] = [];
  for (const queryClass of await queryClasses(engine.database)) {
    say(`${engine.name}: ${queryClass.name}, ${queryClass.rounds} times each, in turn`);
    measurements.push(...(await compare(engine, queryClass)));
  }
  return measurements;
}

async function compare(engine: Engine, queryClass: QueryClass): Promise<Measurement[]> {
  const { rounds, limit, writes } = queryClass;
  const record = async (): Promise<() => Promise<number>> =>
    engine.bare.ready(await recordStatements(engine.database, queryClass.use));
  let run = await record();
  const prepare = async (): Promise<void> => {
    if (writes) run = await record();
  };
  // Both sides prepare alike, so that neither finds caches warmer.
  const sides: Record<'product' | 'bare', Side> = {
    product: { prepare, run: () => queryClass.use(engine.database) },
    bare: { prepare, run: () => run() },
  };
  const samples = await interleave(sides, { rounds, warmUp: WARM_UP_ROUNDS });
  const [product, bare] = [median(samples.product), median(samples.bare)];
  const name = `${engine.name}: ${queryClass.name}`;
  return [
    {
      name,
      value: product,
      unit: 'ms',
      baseline: { name: 'the driver alone', value: bare },
      samples: samples.product,
    },
    {
      name: `${name}, to the driver`,
      value: product / bare,
      unit: '×',
      ...(limit === undefined ? {} : { limit }),
    },
  ];
}
