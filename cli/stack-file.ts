import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';

/** What a running stack says about itself in `<MCMS_STATE_DIR>/stack.json`; there as long as it runs. */
const stackFileSchema = z.object({
  apiUrl: z.url(),
  issuer: z.url(),
  audience: z.string(),
  /** Where the stack's notifications are taken and shown. */
  captureUrl: z.url(),
  /** The client that asks for tokens in the name of people. */
  /** Of the local broker; it holds no secret. */
  serviceBusConnection: z.string(),
  tokenClient: z.object({ clientId: z.string(), privateKeyFile: z.string() }),
});

export type StackFile = z.infer<typeof stackFileSchema>;

/** The state folder that the environment names, absolute. */
export function stateFolder(env: NodeJS.ProcessEnv): string {
  return resolve(env['MCMS_STATE_DIR'] || '.local');
}

/** Where the stack of this state folder is. @throws a sentence that says what to do when none runs */
export async function readStackFile(stateDir: string): Promise<StackFile> {
  let text: string;
  try {
    text = await readFile(join(stateDir, 'stack.json'), 'utf8');
  } catch (cause) {
    throw new Error(
      `no stack runs with the state folder ${stateDir}: start one with \`npm start\`, ` +
        'or set MCMS_STATE_DIR to the folder of the one that runs',
      { cause },
    );
  }
  return stackFileSchema.parse(JSON.parse(text));
}
