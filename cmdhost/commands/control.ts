import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { ControlClient } from '../control/client.ts';
import type { Command } from './command.ts';

const ASK_EVERY_MS = 300;

export const drainCommand: Command = {
  name: 'drain',
  summary: 'let the running agent claim no more work',
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, wait: { type: 'boolean' } },
    });
    await withAgent('drain', values.config, async (agent) => {
      let status = await agent.ask('drain');
      while (values.wait && (status.claiming || status.running.length > 0)) {
        await delay(ASK_EVERY_MS);
        status = await agent.ask('status');
      }
      const { running } = status;
      process.stdout.write(running.length === 0 ? 'drained\n' : `drained; ${running.length} still run\n`);
    });
  },
};

export const resumeCommand: Command = {
  name: 'resume',
  summary: 'let a drained agent claim work again',
  run: async (args) => {
    const { values } = parseArgs({ args: [...args], options: { config: { type: 'string' } } });
    await withAgent('resume', values.config, async (agent) => {
      await agent.ask('resume');
      process.stdout.write('resumed\n');
    });
  },
};

export const statusCommand: Command = {
  name: 'status',
  summary: 'show what the running agent does',
  run: async (args) => {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, json: { type: 'boolean' } },
    });
    await withAgent('status', values.config, async (agent) => {
      const { renderStatus } = await import('../control/render.ts');
      const status = await agent.ask('status');
      process.stdout.write(values.json ? `${JSON.stringify(status, null, 2)}\n` : renderStatus(status));
    });
  },
};

async function withAgent(
  name: string,
  file: string | undefined,
  use: (agent: ControlClient) => Promise<void>,
): Promise<void> {
  if (!file) throw new Error(`usage: cmdhost ${name} --config FILE`);
  const { readCmdhostConfig } = await import('../../shared/config/cmdhost.ts');
  const { connectControl } = await import('../control/client.ts');
  const agent = await connectControl(readCmdhostConfig(file).workFolder);
  try {
    await use(agent);
  } finally {
    agent.close();
  }
}
