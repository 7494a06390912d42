import { watch } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { importClosure } from './import-closure.ts';
import type { Plugin } from './service.ts';
import type { StackSettings } from './settings.ts';
import type { Stack } from './stack.ts';

const FOLDERS = ['functions', 'shared', 'cmdhost', 'local', 'infra'];
/** An editor saves in several steps, and a branch switch touches many files. */
const SETTLE_MS = 100;

/**
 * Restarts each part that loads a file that changed.
 * @returns a function that ends the watch
 */
export function watchSources(
  plugins: readonly Plugin[],
  settings: StackSettings,
  target: { stack: Pick<Stack, 'replace'>; report: (line: string) => void },
): () => void {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const settle = (): void => {
    const files = new Set(changed);
    changed.clear();
    for (const name of affectedParts(plugins, settings.root, files)) {
      target.report(`${name}: restarting, ${describe(files, settings.root)} changed`);
      target.stack.replace(name).catch((error: unknown) => target.report(`${name}: ${String(error)}`));
    }
  };
  const watchers = [...FOLDERS, 'host.json'].map((name) => {
    const path = join(settings.root, name);
    return watch(path, { recursive: name !== 'host.json' }, (_event, file) => {
      changed.add(name === 'host.json' || file === null ? path : resolve(path, file));
      clearTimeout(timer);
      timer = setTimeout(settle, SETTLE_MS);
    });
  });
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

/** Names of the services that load one of the files (absolute paths). */
export function affectedParts(
  plugins: readonly Plugin[],
  root: string,
  files: ReadonlySet<string>,
): readonly string[] {
  return plugins.flatMap((plugin) => {
    if (plugin.kind !== 'service') return [];
    const loaded = importClosure(
      [plugin.entry, ...(plugin.watches ?? [])].map((file) => resolve(root, file)),
    );
    return [...files].some((file) => loaded.has(file)) ? [plugin.name] : [];
  });
}

function describe(files: ReadonlySet<string>, root: string): string {
  const [first = ''] = files;
  return files.size === 1 ? relative(root, first) : `${files.size} files`;
}
