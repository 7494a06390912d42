import { z } from 'zod';
import { portTakenMessage, runChild } from '../child.ts';
import { Holds } from '../control/holds.ts';
import { offerSwitches } from '../control/part.ts';
import { startHost } from './host.ts';
import { supplyFunctionsCore } from './supply-core.ts';

const settingsSchema = z.object({
  MCMS_PORT: z.coerce.number().int().min(0).max(65535).default(7071),
  MCMS_STATE_DIR: z.string().min(1).default('.local'),
  MCMS_APP_ENTRY: z.string().min(1).default('functions/main.ts'),
  MCMS_HOST_JSON: z.string().min(1).default('host.json'),
  MCMS_FAULTS: z.enum(['0', '1']).default('0'),
});

await runChild('local/functions-host', async () => {
  const settings = settingsSchema.safeParse(process.env);
  if (!settings.success) throw new Error(z.prettifyError(settings.error));
  const { MCMS_PORT: port, MCMS_STATE_DIR: stateDir, ...app } = settings.data;
  const holds = new Holds();
  supplyFunctionsCore();
  // durable-functions rewrites its management addresses to port 7071 when this is missing.
  process.env['WEBSITE_HOSTNAME'] ??= `127.0.0.1:${port}`;
  try {
    const host = await startHost({
      entry: app.MCMS_APP_ENTRY,
      hostJson: app.MCMS_HOST_JSON,
      port,
      stateDir,
      holds,
    });
    const withdraw =
      app.MCMS_FAULTS === '1' ? await offerSwitches('functions-host', stateDir, holds) : undefined;
    return {
      facts: { port: host.port, functions: host.functions.length },
      async stop() {
        holds.reset();
        await withdraw?.();
        await host.stop();
      },
    };
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    throw isTaken ? new Error(portTakenMessage(port, 'MCMS_PORT'), { cause: error }) : error;
  }
});
