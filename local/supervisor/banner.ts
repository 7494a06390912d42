import { relative } from 'node:path';
import type { Plugin } from './service.ts';
import type { StackSettings } from './settings.ts';

/** What stands on the terminal once everything answers: addresses, a request to paste, and the line `ready`. */
export function readyBanner(
  plugins: readonly Plugin[],
  settings: StackSettings,
  options: { seconds: number; inspectPort?: number },
): string {
  const rows: [string, string][] = plugins.flatMap((plugin) =>
    plugin.kind === 'service' ? [[plugin.name, plugin.address(settings)] as [string, string]] : [],
  );
  rows.push(['state', settings.stateDir]);
  if (options.inspectPort !== undefined) rows.push(['debugger', `127.0.0.1:${options.inspectPort}`]);
  const width = Math.max(...rows.map(([name]) => name.length));
  const folder = relative(settings.root, settings.stateDir);
  const prefix = folder === '.local' ? '' : `MCMS_STATE_DIR='${settings.stateDir}' `;
  return [
    '',
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    `  curl -H "Authorization: Bearer $(${prefix}npm run -s token -- --roles Mcms.Engineer)" "${settings.apiUrl}/api/routings?top=5"`,
    '',
    `started in ${options.seconds.toFixed(1)} s`,
    'ready',
  ].join('\n');
}
