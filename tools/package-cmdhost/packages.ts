import { z } from 'zod';

const dependencies = z.record(z.string(), z.string()).default({});
const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      dependencies,
      optionalDependencies: dependencies,
      peerDependencies: dependencies,
      peerDependenciesMeta: z
        .record(z.string(), z.object({ optional: z.boolean().default(false) }))
        .default({}),
    }),
  ),
});
/** What is used of package-lock.json (lockfileVersion 3). */
export type Lock = z.output<typeof lockSchema>;
export const parseLock = (text: string): Lock => lockSchema.parse(JSON.parse(text));

/** Static and dynamic imports of packages, as the house formatter writes them; types alone leave nothing at run time. */
const PACKAGE_IMPORT = /(?:from|import)\s*\(?\s*'((?:@[\w.-]+\/)?[\w][\w.-]*)(?:\/[^']*)?'/g;

/** The packages that compiled sources import by name. */
export function importedPackages(compiled: readonly string[]): Set<string> {
  const names = compiled.flatMap((text) => [...text.matchAll(PACKAGE_IMPORT)].map(([, name = '']) => name));
  return new Set(names.filter((name) => name !== '' && !name.startsWith('node:')));
}

/**
 * The folders (`node_modules/…`) of packages and of all they need, found in the lockfile as Node finds them on the disk. What is
 * optional and not in the lockfile is left out.
 * @throws {Error} naming what is needed and missing
 */
export function packageFolders(lock: Lock, roots: Iterable<string>): string[] {
  const found = new Set<string>();
  const open = [...roots].map((name) => ({ from: '', name, optional: false }));
  for (let next = open.pop(); next; next = open.pop()) {
    const folder = resolve(lock, next.from, next.name);
    if (!folder) {
      if (next.optional) continue;
      throw new Error(`${next.from || 'the agent'} needs ${next.name}, which is not in package-lock.json`);
    }
    if (found.has(folder)) continue;
    found.add(folder);
    open.push(...needs(lock, folder));
  }
  return [...found].sort();
}

function needs(lock: Lock, folder: string): { from: string; name: string; optional: boolean }[] {
  const entry = lock.packages[folder];
  if (!entry) return [];
  const optionalNames = new Set(Object.keys(entry.optionalDependencies));
  const isOptionalPeer = (name: string): boolean => entry.peerDependenciesMeta[name]?.optional === true;
  return [
    ...Object.keys(entry.dependencies).map((name) => ({
      from: folder,
      name,
      optional: optionalNames.has(name),
    })),
    ...[...optionalNames].map((name) => ({ from: folder, name, optional: true })),
    ...Object.keys(entry.peerDependencies)
      .filter((name) => !isOptionalPeer(name))
      .map((name) => ({ from: folder, name, optional: false })),
  ];
}

/** Looks in the package's own node_modules, then in those of the folders above. */
function resolve(lock: Lock, from: string, name: string): string | undefined {
  for (let base = from; ; base = parentOf(base)) {
    const candidate = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (candidate in lock.packages) return candidate;
    if (base === '') return undefined;
  }
}

/** `node_modules/a/node_modules/b` -> `node_modules/a` -> ``. */
function parentOf(folder: string): string {
  const at = folder.lastIndexOf('/node_modules/');
  return at < 0 ? '' : folder.slice(0, at);
}
