import { z } from 'zod';
import { runChild } from '../child.ts';
import { startCapture } from './server.ts';

/** What this process reads from its environment; the supervisor sets all of it. */
const settingsSchema = z.object({
  MCMS_CAPTURE_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  MCMS_STATE_DIR: z.string().min(1).default('.local'),
});

await runChild('capture', async () => {
  const settings = settingsSchema.safeParse(process.env);
  if (!settings.success) throw new Error(z.prettifyError(settings.error));
  const { MCMS_CAPTURE_PORT: port, MCMS_STATE_DIR: stateDir } = settings.data;
  return startCapture({ port, stateDir, now: () => new Date() });
});
