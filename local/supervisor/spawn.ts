import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { environmentOf } from './environment.ts';
import type { ServicePlugin, TaskPlugin } from './service.ts';
import type { StackSettings } from './settings.ts';

/** Preloaded into every task. */
const END_WITH_PARENT = pathToFileURL(join(import.meta.dirname, 'end-with-parent.ts')).href;

/** Starts a process of the service, from an argument array and on this Node. */
export function spawnService(
  plugin: ServicePlugin,
  settings: StackSettings,
  nodeFlags: readonly string[] = [],
): ChildProcess {
  return spawn(
    process.execPath,
    [...nodeFlags, ...(plugin.nodeFlags ?? []), plugin.entry, ...(plugin.args ?? [])],
    {
      cwd: settings.root,
      env: environmentOf(plugin, settings),
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C in a terminal goes to the supervisor alone, which then stops the parts in order.
      detached: process.platform !== 'win32',
      windowsHide: true,
    },
  );
}

/** Starts the process of a task. */
export function spawnTask(plugin: TaskPlugin, settings: StackSettings): ChildProcess {
  return spawn(process.execPath, ['--import', END_WITH_PARENT, plugin.entry, ...(plugin.args ?? [])], {
    cwd: settings.root,
    env: environmentOf(plugin, settings),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
}
