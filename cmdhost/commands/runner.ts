import { parseArgs } from 'node:util';
import type { Command } from './command.ts';

/** Starts adapters for the agent: its child (`--child`), or a process of the session in which CAM programs can show themselves. */
export const runnerCommand: Command = {
  name: 'runner',
  summary: 'start adapters for the agent, in the logged-on session',
  run,
};

async function run(args: readonly string[]): Promise<void> {
  const { config: file, child } = parseArgs({
    args: [...args],
    options: { config: { type: 'string' }, child: { type: 'boolean' } },
  }).values;
  // Loaded here: the runner stays for as long as the agent does and should be small.
  const { serveParent, serveSession } = await import('../runner/run-runner.ts');
  if (child) {
    await serveParent();
    process.exit(0);
  }
  if (!file) throw new Error('usage: cmdhost runner --config FILE');
  const { readCmdhostConfig } = await import('../../shared/config/cmdhost.ts');
  const { workFolder, runner } = readCmdhostConfig(file);
  if (runner.mode !== 'session')
    throw new Error(`${file}: runner.mode is "child": the agent starts its runner itself`);
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => stopped.abort(new Error(signal)));
  await serveSession(workFolder, stopped.signal);
  process.exit(0);
}
