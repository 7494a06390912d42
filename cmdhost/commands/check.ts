import { parseArgs } from 'node:util';
import { systemClock } from '../../shared/time/clock.ts';
import { exitCode, type Finding } from '../checks/finding.ts';
import { renderJson, renderTable } from '../checks/render.ts';
import type { Command } from './command.ts';

/** Looks at everything that needs no network. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'look at configuration, key, certificate, folders and adapters (offline)',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: { config: { type: 'string' }, json: { type: 'boolean', default: false } },
    });
    if (!values.config) throw new Error('usage: cmdhost check --config FILE [--json]');
    // Loaded when asked for: the running agent has no use for it.
    const { checkOffline } = await import('../checks/offline.ts');
    report((await checkOffline(values.config, systemClock.now())).findings, values.json);
  },
};

/** Prints what was found; the exit code is 1 when something will not work. */
export function report(findings: readonly Finding[], json: boolean): void {
  process.stdout.write(json ? renderJson(findings) : renderTable(findings));
  process.exitCode = exitCode(findings);
}
