import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { untilApiReady } from '../../../local/supervisor/health.ts';
import { productPlugins } from '../../../local/supervisor/plugins/index.ts';
import { runStack } from '../../../local/supervisor/run.ts';
import type { Plugin, ServicePlugin } from '../../../local/supervisor/service.ts';
import type { StackSettings } from '../../../local/supervisor/settings.ts';

// The product's stack with what fault tests load into its processes (`preload/`). Settings besides the product's:
// MCMS_FAULT_SABOTAGE (URL of a module for the Functions host), MCMS_FAULT_SEATS (of each agent).

const preload = (name: string): string => new URL(`preload/${name}.ts`, import.meta.url).href;
const sabotage = process.env['MCMS_FAULT_SABOTAGE'];
const seats = Number(process.env['MCMS_FAULT_SEATS'] ?? 4);
// One of the caller's own would take the place of the one that the parts are given here.
delete process.env['NODE_OPTIONS'];

function preloadsOf(part: string): string[] {
  if (part === 'functions-host')
    return [preload('clock'), preload('slow-host'), ...(sabotage ? [sabotage] : [])];
  if (part.startsWith('cmdhost-')) return [preload('clock'), preload('slow-agent')];
  return ['service-bus', 'azurite'].includes(part) ? [preload('away')] : [];
}

/** By the environment and not by flags: a process that the part starts of itself, as an agent its runner, has them too. */
function withPreloads(plugin: ServicePlugin): ServicePlugin {
  const modules = preloadsOf(plugin.name);
  if (modules.length === 0) return plugin;
  return {
    ...plugin,
    env: (settings) => ({
      ...plugin.env?.(settings),
      MCMS_FAULT_PART: plugin.name,
      NODE_OPTIONS: modules.map((module) => `--import=${module}`).join(' '),
    }),
    ...(plugin.name.startsWith('cmdhost-')
      ? { prepare: async (settings) => prepareAgent(plugin, settings) }
      : {}),
  };
}

async function prepareAgent(plugin: ServicePlugin, settings: StackSettings): Promise<void> {
  await plugin.prepare?.(settings);
  const path = join(settings.stateDir, plugin.name, 'config.json');
  const config = JSON.parse(await readFile(path, 'utf8')) as object;
  await writeFile(path, JSON.stringify({ ...config, seats }, null, 2));
}

await runStack({
  plugins: (settings) =>
    productPlugins(settings).map((plugin): Plugin =>
      plugin.kind === 'service' ? withPreloads(plugin) : plugin,
    ),
  untilHealthy: untilApiReady,
  watch: false,
});
process.exit();
