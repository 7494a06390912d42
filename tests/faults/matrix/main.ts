import { join } from 'node:path';
import { readArguments, type MatrixArguments } from './arguments.ts';
import { FAULTS } from './faults/index.ts';
import { FULL, hasFound, playFault, QUICK } from './play.ts';
import { COMMANDS_PER_CELL, renderMatrix, renderViolations, writeReport } from './report.ts';
import { sabotages } from './sabotage/index.ts';
import { type FaultRow, rowOf } from './tally.ts';

const RESULTS = join(import.meta.dirname, '../../../fault-results');
const FAULT_NAMES = FAULTS.map(({ name }) => name);
const SABOTAGE_NAMES = sabotages.map(({ name }) => name);

const HELP = `Strikes commands in every phase with every fault and checks what must hold, each fault on a stack of its own.

Usage: npm run test:faults [-- options]     without options: the whole matrix, 20 seeds, hours

  --fault NAME     this fault only; may be repeated
  --phase NAME     the strike waits for commands in this phase only; may be repeated
  --seeds N        seeds 1 to N (default 20; with --quick 2)
  --seed N         this seed only
  --quick          short outages, for a first look
  --sabotage NAME  shows that the checker bites: with this protection taken away it must find a violation within 5 seeds, and
                   none on the same seeds with it; "all" for every one

Faults: ${FAULT_NAMES.join(', ')}
Sabotages: ${SABOTAGE_NAMES.join(', ')}

Writes fault-results/matrix.json and matrix.md. Exit code 1 after a violation, a fault that could not be played, or a sabotage that
was not caught. docs/faults.md explains it all.`;

async function playMatrix({ faults, phases, seeds, quick }: MatrixArguments): Promise<boolean> {
  const startedAt = new Date().toISOString();
  const rows: FaultRow[] = [];
  const wantedPerCell = Math.min(COMMANDS_PER_CELL, seeds.length);
  const report = () => ({ startedAt, node: process.version, rows, wantedPerCell });
  for (const fault of FAULTS.filter(({ name }) => faults.length === 0 || faults.includes(name))) {
    const played = await playFault(fault, {
      seeds,
      durations: quick ? QUICK : FULL,
      wanted: phases.length > 0 ? phases : undefined,
      report: console.log,
    });
    rows.push(rowOf(played));
    await writeReport(RESULTS, report());
  }
  console.log(
    `\n${renderMatrix(report())}\n\n${renderViolations(report()) || 'No violations.'}\n\n${RESULTS}`,
  );
  return rows.every(({ violations, missing }) => violations.length === 0 && missing === undefined);
}

async function playSabotages({ sabotages: names, seeds, quick }: MatrixArguments): Promise<boolean> {
  let allCaught = true;
  for (const sabotage of sabotages.filter(({ name }) => names.includes(name))) {
    const fault = FAULTS.find(({ name }) => name === sabotage.fault);
    if (!fault) throw new Error(`there is no fault ${sabotage.fault}`);
    const durations = quick ? QUICK : FULL;
    console.log(`without ${sabotage.name} (${sabotage.without}), under ${fault.name}:`);
    const without = await playFault(fault, {
      seeds,
      durations,
      wanted: sabotage.phases,
      sabotage,
      settleLimitMs: 30_000,
      untilViolation: true,
      report: console.log,
    });
    const played = without.rounds.map(({ seed }) => seed);
    console.log(`with it, on the same seeds:`);
    const withIt = await playFault(fault, {
      seeds: played,
      durations,
      wanted: sabotage.phases,
      report: console.log,
    });
    const caught = without.rounds.some(hasFound);
    const green = withIt.rounds.every(({ violations }) => violations.length === 0);
    console.log(
      `${sabotage.name}: ${caught ? 'caught' : 'NOT CAUGHT'}, and ${green ? 'green' : 'RED'} with it\n`,
    );
    allCaught &&= caught && green;
  }
  return allCaught;
}

try {
  const given = readArguments(process.argv.slice(2), { faults: FAULT_NAMES, sabotages: SABOTAGE_NAMES });
  if (given.help) console.log(HELP);
  else if (!(await (given.sabotages.length > 0 ? playSabotages(given) : playMatrix(given))))
    process.exitCode = 1;
} catch (error) {
  console.error(`test:faults: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
