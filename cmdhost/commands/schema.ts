import { parseArgs } from 'node:util';
import type { Command } from './command.ts';

/** For editors: what may stand in the configuration, and what it means. */
export const schemaCommand: Command = {
  name: 'schema',
  summary: 'print the JSON Schema of the configuration file, for editors',
  async run(args) {
    parseArgs({ args: [...args], options: {} });
    // Loaded when asked for: the running agent has no use for it.
    const { configSchema } = await import('../config-schema.ts');
    process.stdout.write(`${JSON.stringify(configSchema(), null, 2)}\n`);
  },
};
