import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { isNotFound } from '../state-file.ts';

/** Static and dynamic imports of relative paths, as the house formatter writes them. */
const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/** The files that `entries` (absolute) load, with themselves, found by following relative imports. A missing file is left out. */
export function importClosure(entries: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (seen.has(file)) continue;
    const text = readSource(file);
    if (text === undefined) continue;
    seen.add(file);
    if (!/\.[cm]?[jt]s$/.test(file)) continue;
    for (const [, specifier = ''] of text.matchAll(RELATIVE_IMPORT))
      open.push(resolve(dirname(file), specifier));
  }
  return seen;
}

function readSource(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
