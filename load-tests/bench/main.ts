import { join } from 'node:path';
import { readArguments } from './arguments.ts';
import { commands } from './commands/commands.ts';
import { type BenchOptions, type Benchmark, holds } from './benchmark.ts';
import { describeMachine, renderTable, writeResult } from './report.ts';
import { sql } from './sql/sql.ts';
import { startup } from './startup/startup.ts';

const BENCHMARKS: readonly Benchmark[] = [startup, commands, sql];
const RESULTS = join(import.meta.dirname, '../../bench-results');

const HELP = `Measures MCMS on this machine, each benchmark on a stack of its own with free ports and a temporary folder.

Usage: npm run bench [-- NAME… [options]]     without a name: all of them

${BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`).join('\n')}

  --quick      a tenth of the data (sql: histories of 100,000 and 1,000,000 rows; commands: at most 1,000)
  --rows A,B   histories of A and of B rows (sql; default 1000000,10000000; 0,0: none)

sql also measures a SQL Server, in a database of its own, when TEST_SQL_CONNECTION is set to its connection string. TMPDIR says where
temporary files go: 10,000,000 rows take some 14 GB for a quarter of an hour.

Prints a table and writes JSON to bench-results/. Exit code 1 when a figure is above its limit. Figures of a machine that does
other work at the same time tell little: the load before the run stands in the JSON.`;

async function runBenchmark({ name, run }: Benchmark, options: BenchOptions): Promise<boolean> {
  console.log(`${name}:`);
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const measurements = await run((line) => console.log(`  ${line}`), options);
  const path = await writeResult(RESULTS, { benchmark: name, startedAt, machine, measurements });
  const { processor, cores, memoryGB, node, loadBefore } = machine;
  console.log(
    `\n${processor}, ${cores} cores, ${memoryGB} GB, Node ${node}, load before the run ${loadBefore}\n`,
  );
  console.log(`${renderTable(measurements)}\n\n${path}`);
  return measurements.every(holds);
}

try {
  const { help, names, options } = readArguments(
    process.argv.slice(2),
    BENCHMARKS.map(({ name }) => name),
  );
  if (help) console.log(HELP);
  else {
    const chosen = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
    for (const benchmark of chosen) if (!(await runBenchmark(benchmark, options))) process.exitCode = 1;
  }
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
