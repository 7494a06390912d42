import { z } from 'zod';
import { runChild } from '../child.ts';
import { offerSwitches } from '../control/part.ts';
import { startBroker } from './broker.ts';
import { loadQueues } from './config.ts';
import { Faults } from './faults/faults.ts';

const settingsSchema = z.object({
  MCMS_AMQP_PORT: z.coerce.number().int().min(0).max(65535).default(5672),
  MCMS_STATE_DIR: z.string().min(1).default('.local'),
  MCMS_QUEUES_FILE: z.string().min(1).optional(),
  MCMS_FAULTS: z.enum(['0', '1']).default('0'),
});

await runChild('local/service-bus', async () => {
  const settings = settingsSchema.safeParse(process.env);
  if (!settings.success) throw new Error(z.prettifyError(settings.error));
  const { MCMS_AMQP_PORT: port, MCMS_STATE_DIR: stateDir, MCMS_QUEUES_FILE: queuesFile } = settings.data;
  const faults = new Faults();
  const broker = await startBroker({ port, stateDir, queues: await loadQueues(queuesFile), faults });
  const withdraw =
    settings.data.MCMS_FAULTS === '1' ? await offerSwitches('service-bus', stateDir, faults) : undefined;
  return {
    facts: { port: broker.port },
    async stop() {
      await withdraw?.();
      await broker.stop();
    },
  };
});
