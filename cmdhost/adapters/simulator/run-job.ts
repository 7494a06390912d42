import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { durationMs } from '../../../shared/time/duration.ts';
import type { AdapterJob, AdapterOutput, AdapterResult } from '../contract.ts';
import type { Application, Output } from './application.ts';
import { InvalidInputError } from './job.ts';
import { writeLedger } from './ledger.ts';
import { say } from './lines.ts';
import { readSimulation } from './simulation.ts';
import { work } from './work.ts';

/** Runs one job to its result file, with a line in the ledger before and after. */
export async function runJob(application: Application, job: AdapterJob): Promise<void> {
  const ledger = process.env['SIMULATOR_LEDGER'];
  writeLedger(ledger, 'start', job);
  const result = await resultOf(application, job);
  const unfinished = `${job.resultFile}.tmp`;
  writeFileSync(unfinished, JSON.stringify(result));
  renameSync(unfinished, job.resultFile);
  writeLedger(ledger, 'end', job);
}

async function resultOf(application: Application, job: AdapterJob): Promise<AdapterResult> {
  try {
    const { fault, duration = process.env['SIMULATOR_DURATION'] ?? 'PT0S' } = readSimulation(job);
    if (fault === 'licence-busy')
      return failed(application.licenceBusy, `all ${application.name} licences are in use`, true);
    const command = application.commands.get(job.commandType);
    if (!command) throw new InvalidInputError(`${application.name} has no command "${job.commandType}"`);
    say({ type: 'progress', phase: application.opening, percent: 5 });
    const { outputs, summary } = await command(job);
    await work(application.working, durationMs(duration), fault);
    if (fault === 'bad-input') throw new InvalidInputError('the CAM model cannot be read');
    say({ type: 'log', level: 'info', message: summary });
    return { schemaVersion: 1, outcome: 'succeeded', outputs: outputs.map((output) => save(job, output)) };
  } catch (error) {
    if (error instanceof InvalidInputError || error instanceof RangeError)
      return failed('INPUT_INVALID', error.message, false);
    throw error;
  }
}

function save(job: AdapterJob, { text, ...output }: Output): AdapterOutput {
  writeFileSync(join(job.outputFolder, output.fileName), text);
  return output;
}

function failed(code: string, message: string, retryable: boolean): AdapterResult {
  return { schemaVersion: 1, outcome: 'failed', error: { code, message, retryable } };
}
