import type { Plugin } from './service.ts';

/**
 * Starts all plugins, each as soon as those it depends on have started; the first failure is thrown at once.
 * @param start called once per plugin, unless one before it failed
 */
export async function startInOrder(
  plugins: readonly Plugin[],
  start: (plugin: Plugin) => Promise<void>,
): Promise<void> {
  let failed = false;
  await visit(
    plugins,
    (plugin) => plugin.dependsOn,
    async (plugin) => {
      if (failed) return;
      try {
        await start(plugin);
      } catch (error) {
        failed = true;
        throw error;
      }
    },
  );
}

/** Stops all plugins, each once everything that depends on it has stopped. */
export async function stopInOrder(
  plugins: readonly Plugin[],
  stop: (plugin: Plugin) => Promise<void>,
): Promise<void> {
  const dependants = (of: Plugin) =>
    plugins.filter((plugin) => plugin.dependsOn.includes(of.name)).map(({ name }) => name);
  await visit(plugins, dependants, stop);
}

async function visit(
  plugins: readonly Plugin[],
  before: (plugin: Plugin) => readonly string[],
  action: (plugin: Plugin) => Promise<void>,
): Promise<void> {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));
  const visited = new Map<string, Promise<void>>();
  const run = (plugin: Plugin, path: readonly string[]): Promise<void> => {
    if (path.includes(plugin.name))
      throw new Error(`parts depend on each other in a circle: ${[...path, plugin.name].join(' -> ')}`);
    const known = visited.get(plugin.name);
    if (known) return known;
    const others = before(plugin).flatMap((name) => byName.get(name) ?? []);
    const first = others.map((other) => run(other, [...path, plugin.name]));
    const done = Promise.all(first).then(() => action(plugin));
    visited.set(plugin.name, done);
    return done;
  };
  await Promise.all(plugins.map((plugin) => run(plugin, [])));
}
