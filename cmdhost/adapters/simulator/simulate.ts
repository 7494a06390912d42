import type { Application } from './application.ts';
import { readJob } from './job.ts';
import { runJob } from './run-job.ts';

const EXIT_NO_JOB = 2;
const EXIT_AGENT_GONE = 3;

/**
 * The whole life of a simulator's process: `--job FILE` runs that job, `--serve` one job after another as they are named on stdin. It never
 * returns before the process is to end.
 */
export async function simulate(application: Application): Promise<void> {
  const [option, path] = process.argv.slice(2);
  // The agent holds the other end of stdin: its end means that nobody waits for this process any more.
  process.stdin.once('end', () => process.exit(EXIT_AGENT_GONE));
  process.stdin.once('error', () => process.exit(EXIT_AGENT_GONE));
  if (option === '--job' && path) {
    process.stdin.resume();
    await runJob(application, readJob(path));
    process.exit(0);
  }
  if (option !== '--serve') {
    process.stderr.write('usage: main --job FILE | --serve\n');
    process.exit(EXIT_NO_JOB);
  }
  const { serve } = await import('./serve.ts');
  await serve(application, process.stdin);
}
