import { portTakenMessage, runChild } from '../child.ts';
import { startHost } from './host.ts';
import { supplyFunctionsCore } from './supply-core.ts';

const port = Number(process.env['MCMS_PORT'] ?? 7071);
const stateDir = process.env['MCMS_STATE_DIR'] ?? '.local';

await runChild('functions-host', async () => {
  supplyFunctionsCore();
  // durable-functions rewrites its management addresses to port 7071 when this is missing.
  process.env['WEBSITE_HOSTNAME'] ??= `127.0.0.1:${port}`;
  try {
    const host = await startHost({
      entry: process.env['MCMS_APP_ENTRY'] ?? 'functions/main.ts',
      hostJson: process.env['MCMS_HOST_JSON'] ?? 'host.json',
      port,
      stateDir,
    });
    return { facts: { port: host.port, functions: host.functions.length }, stop: () => host.stop() };
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isTaken ? new Error(portTakenMessage(port, 'MCMS_PORT'), { cause: error }) : error;
  }
});
