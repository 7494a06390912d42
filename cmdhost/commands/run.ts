import { parseArgs } from 'node:util';
import { productVersion } from '../../shared/config/version.ts';
import type { Agent } from '../agent.ts';
import type { Command } from './command.ts';

/** Runs the agent until it is told to stop. */
export const runCommand: Command = {
  name: 'run',
  summary: 'run the agent (also what happens without a command)',
  run,
};

async function run(args: readonly string[]): Promise<void> {
  const { config: file } = parseArgs({ args: [...args], options: { config: { type: 'string' } } }).values;
  if (!file) throw new Error('usage: cmdhost run --config FILE');
  // Loaded here: the runner and the other commands come by this file and need none of it.
  const { readCmdhostConfig } = await import('../../shared/config/cmdhost.ts');
  const config = readCmdhostConfig(file);
  const { startTelemetry } = await import('../../shared/telemetry/index.ts');
  const { startAgent } = await import('../agent.ts');
  const telemetry = await startTelemetry({
    serviceName: 'mcms-cmdhost',
    serviceVersion: productVersion,
    otlpEndpoint: process.env['OTEL_EXPORTER_OTLP_ENDPOINT'],
    applicationInsights: process.env['APPLICATIONINSIGHTS_CONNECTION_STRING'],
  });

  const stopped = new AbortController();
  let agent: Agent | undefined;
  const stop = (): void => {
    if (stopped.signal.aborted) return;
    stopped.abort();
    // While it still starts, the start itself ends by the signal.
    if (agent)
      agent
        .stop()
        .then(async () => telemetry.shutdown())
        .then(() => process.exit(0), fail);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  process.once('disconnect', stop);

  try {
    agent = await startAgent({ config, version: productVersion, signal: stopped.signal });
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    await telemetry.shutdown();
    process.exit(0);
  }
  if (stopped.signal.aborted) {
    await agent.stop();
    process.exit(0);
  }
  if (process.send) process.send({ type: 'ready', name: 'cmdhost', facts: {} });
  else process.stdout.write('cmdhost: ready\n');
}

function fail(error: unknown): void {
  process.stderr.write(`cmdhost: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
