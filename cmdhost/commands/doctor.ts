import { parseArgs } from 'node:util';
import { systemClock } from '../../shared/time/clock.ts';
import { about, type Finding } from '../checks/finding.ts';
import { report } from './check.ts';
import type { Command } from './command.ts';

/** `check`, and everything that needs the network on top of it. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check, and try identity, API and Service Bus (online; changes nothing)',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        config: { type: 'string' },
        'blob-url': { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (!values.config) throw new Error('usage: cmdhost doctor --config FILE [--blob-url URL] [--json]');
    const { checkOffline } = await import('../checks/offline.ts');
    const { checkOnline } = await import('../checks/online.ts');
    const { config, findings } = await checkOffline(values.config, systemClock.now());
    const online = config
      ? await checkOnline({
          config,
          clock: systemClock,
          environment: process.env,
          blobUrl: values['blob-url'],
        }).catch(withoutKey)
      : [];
    report([...findings, ...online], values.json);
  },
};

function withoutKey(error: unknown): Finding[] {
  const detail = error instanceof Error ? error.message : String(error);
  return [about('token').problem(detail, 'solve what stands above, then run cmdhost doctor again')];
}
