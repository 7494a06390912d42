import { z } from 'zod';
import { runChild } from '../child.ts';
import { startIssuer } from './issuer.ts';

/** What this process reads from its environment; the supervisor sets all of it. */
const settingsSchema = z.object({
  MCMS_IDENTITY_PORT: z.coerce.number().int().min(0).max(65_535).default(7072),
  MCMS_STATE_DIR: z.string().min(1).default('.local'),
  Auth__Audience: z.string().min(1).default('api://mcms'),
});

await runChild('identity', async () => {
  const settings = settingsSchema.safeParse(process.env);
  if (!settings.success) throw new Error(z.prettifyError(settings.error));
  return startIssuer({
    port: settings.data.MCMS_IDENTITY_PORT,
    stateDir: settings.data.MCMS_STATE_DIR,
    audience: settings.data.Auth__Audience,
    now: () => new Date(),
  });
});
