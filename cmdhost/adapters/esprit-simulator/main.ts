import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs } from '../../../shared/time/duration.ts';
import type { AdapterJob, AdapterLine, AdapterOutput, AdapterResult } from '../contract.ts';
import { InvalidInputError, readJob, readSimulation } from './job.ts';
import { writeLedger } from './ledger.ts';
import { ncProgram } from './nc-program.ts';
import { makePlan, type Plan, programName } from './plan.ts';
import { setupSheet } from './setup-sheet.ts';

// A stand-in for ESPRIT: `main.ts --job FILE`. See docs/cmdhost.md for the contract it keeps and for its settings.

type Fault = NonNullable<ReturnType<typeof readSimulation>['fault']>;
interface Output extends AdapterOutput {
  readonly text: string;
}

const PROGRESS_EVERY_MS = 500;
const EXIT_NO_JOB = 2;
const EXIT_AGENT_GONE = 3;

const WRITERS: Readonly<Record<string, (plan: Plan) => Output[]>> = {
  GenerateNcProgram: (plan) => [ncOutput(plan), sheetOutput(plan)],
  PostProcess: (plan) => [ncOutput(plan)],
  ExportSetupSheet: (plan) => [sheetOutput(plan)],
  Simulate: () => [],
};

async function run(job: AdapterJob): Promise<AdapterResult> {
  try {
    const simulation = readSimulation(job.parameters);
    const fault = (simulation.faultAttempts ?? [1]).includes(job.attempt) ? simulation.fault : undefined;
    if (fault === 'licence-busy')
      return failed('ESPRIT_LICENCE_BUSY', 'all ESPRIT licences are in use', true);
    const write = WRITERS[job.commandType];
    if (!write) throw new InvalidInputError(`ESPRIT has no command "${job.commandType}"`);
    say({ type: 'progress', phase: 'Opening the CAM model', percent: 5 });
    const plan = await makePlan(job);
    await work(durationMs(simulation.duration ?? process.env['SIMULATOR_DURATION'] ?? 'PT0S'), fault);
    if (fault === 'bad-input') throw new InvalidInputError('the CAM model cannot be read');
    say({ type: 'log', level: 'info', message: `cycle time ${plan.cycleTimeMinutes.toFixed(1)} min` });
    return {
      schemaVersion: 1,
      outcome: 'succeeded',
      outputs: write(plan).map((output) => save(job, output)),
    };
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof RangeError)
      return failed('INPUT_INVALID', error.message, false);
    throw error;
  }
}

/** Takes as long as asked, half-way through which a crash comes; a hang lasts until somebody ends it. */
async function work(totalMs: number, fault: Fault | undefined): Promise<void> {
  const phase = 'Machining';
  say({ type: 'progress', phase, percent: 10 });
  if (fault === 'hang') {
    await new Promise<never>(() => setInterval(() => say({ type: 'progress', phase }), PROGRESS_EVERY_MS));
  }
  const lastMs = fault === 'crash' ? totalMs / 2 : totalMs;
  for (let doneMs = 0; doneMs < lastMs; doneMs += PROGRESS_EVERY_MS) {
    await wait(Math.min(PROGRESS_EVERY_MS, lastMs - doneMs));
    say({
      type: 'progress',
      phase,
      percent: Math.min(95, Math.round((100 * (doneMs + PROGRESS_EVERY_MS)) / totalMs)),
    });
  }
  if (fault === 'crash') process.kill(process.pid, 'SIGKILL');
}

function ncOutput(plan: Plan): Output {
  return {
    fileName: `${programName(plan)}.nc`,
    role: 'nc-program',
    contentType: 'text/plain; charset=us-ascii',
    text: ncProgram(plan),
  };
}

function sheetOutput(plan: Plan): Output {
  return {
    fileName: `${programName(plan)}-setup.html`,
    role: 'setup-sheet',
    contentType: 'text/html; charset=utf-8',
    text: setupSheet(plan),
  };
}

function save(job: AdapterJob, { text, ...output }: Output): AdapterOutput {
  writeFileSync(join(job.outputFolder, output.fileName), text);
  return output;
}

function failed(code: string, message: string, retryable: boolean): AdapterResult {
  return { schemaVersion: 1, outcome: 'failed', error: { code, message, retryable } };
}

function say(line: AdapterLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function wait(delayMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
}

async function main(): Promise<void> {
  const path = process.argv[2] === '--job' ? process.argv[3] : undefined;
  if (!path) {
    process.stderr.write('usage: esprit-simulator --job FILE\n');
    process.exit(EXIT_NO_JOB);
  }
  // The agent holds the other end of stdin: its end means that nobody waits for this run any more.
  process.stdin.on('end', () => process.exit(EXIT_AGENT_GONE)).resume();
  process.stdin.on('error', () => process.exit(EXIT_AGENT_GONE));
  const job = readJob(path);
  const ledger = process.env['SIMULATOR_LEDGER'];
  writeLedger(ledger, 'start', job);
  const result = await run(job);
  const unfinished = `${job.resultFile}.tmp`;
  writeFileSync(unfinished, JSON.stringify(result));
  renameSync(unfinished, job.resultFile);
  writeLedger(ledger, 'end', job);
  process.exit(0);
}

await main();
