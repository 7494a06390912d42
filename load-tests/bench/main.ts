import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Benchmark, holds } from './benchmark.ts';
import { describeMachine, renderTable, writeResult } from './report.ts';
import { startup } from './startup/startup.ts';

const BENCHMARKS: readonly Benchmark[] = [startup];
const RESULTS = join(import.meta.dirname, '../../bench-results');

const HELP = `Measures MCMS on this machine, each benchmark on a stack of its own with free ports and a temporary folder.

Usage: npm run bench [-- NAME…]     without a name: all of them

${BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

Prints a table and writes JSON to bench-results/. Exit code 1 when a figure is above its limit. Figures of a machine that does
other work at the same time tell little: the load before the run stands in the JSON.`;

async function runBenchmark({ name, run }: Benchmark): Promise<boolean> {
  console.log(`${name}:`);
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const measurements = await run((line) => console.log(`  ${line}`));
  const path = await writeResult(RESULTS, { benchmark: name, startedAt, machine, measurements });
  const { processor, cores, memoryGB, node, loadBefore } = machine;
  console.log(
    `\n${processor}, ${cores} cores, ${memoryGB} GB, Node ${node}, load before the run ${loadBefore}\n`,
  );
  console.log(`${renderTable(measurements)}\n\n${path}`);
  return measurements.every(holds);
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', short: 'h', default: false } },
  });
  const unknown = positionals.find((wanted) => !BENCHMARKS.some(({ name }) => name === wanted));
  if (unknown !== undefined)
    throw new Error(
      `there is no benchmark "${unknown}"; there are ${BENCHMARKS.map(({ name }) => name).join(', ')}`,
    );
  if (values.help) console.log(HELP);
  else {
    const chosen = BENCHMARKS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
    for (const benchmark of chosen) if (!(await runBenchmark(benchmark))) process.exitCode = 1;
  }
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
