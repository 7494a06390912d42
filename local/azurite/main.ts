import { join } from 'node:path';
import { z } from 'zod';
import { runChild } from '../child.ts';
import { startBlobServer } from './blob-server.ts';

/** What this process reads from its environment; the supervisor sets all of it. */
const settingsSchema = z.object({
  MCMS_BLOB_PORT: z.coerce.number().int().min(0).max(65_535).default(10_000),
  MCMS_STATE_DIR: z.string().min(1).default('.local'),
});

await runChild('azurite', async () => {
  const settings = settingsSchema.safeParse(process.env);
  if (!settings.success) throw new Error(z.prettifyError(settings.error));
  return startBlobServer({
    port: settings.data.MCMS_BLOB_PORT,
    folder: join(settings.data.MCMS_STATE_DIR, 'azurite'),
  });
});
