import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runChild } from '../child.ts';
import { writeFileAtomic } from '../state-file.ts';
import { ProcessSwitches } from './processes.ts';
import { remoteSwitches } from './remote.ts';
import { startControlServer } from './server.ts';

const settingsSchema = z.object({ MCMS_STATE_DIR: z.string().min(1).default('.local') });

await runChild('local/control', async () => {
  const { MCMS_STATE_DIR: stateDir } = settingsSchema.parse(process.env);
  const processes = new ProcessSwitches(stateDir);
  const server = await startControlServer({
    broker: remoteSwitches('service-bus', stateDir),
    host: remoteSwitches('functions-host', stateDir),
    processes,
  });
  const file = join(stateDir, 'control.json');
  await writeFileAtomic(file, JSON.stringify({ url: server.url }));
  return {
    facts: { url: server.url },
    async stop() {
      processes.stop();
      await rm(file, { force: true });
      await server.stop();
    },
  };
});
