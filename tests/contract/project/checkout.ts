import { readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './run-script.ts';

/** Folders made on the machine. */
const IGNORED = new Set(
  readFileSync(join(ROOT, '.gitignore'), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('/'))
    .map((line) => line.slice(0, -1)),
);
/** Not the project's own, or a stack's folder under another name. */
const FOREIGN = /^(\.git|\.local.*|\.azure|\.vscode|\.idea)$/;
const BINARY = /\.(stl|png|jpe?g|ico|woff2?|zip)$/i;

/** The text files of the checkout: path from its root, with forward slashes. */
export async function textFiles(): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(ROOT, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (IGNORED.has(entry.name) || FOREIGN.test(entry.name)) continue;
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile() && !BINARY.test(path) && !/\.log$|^local\.settings\.json$/.test(path))
        found.push(path);
    }
  };
  await visit('');
  return found.toSorted();
}

/** Every Markdown file: path → text. */
export async function markdownFiles(): Promise<ReadonlyMap<string, string>> {
  const paths = (await textFiles()).filter((path) => path.endsWith('.md'));
  const texts = await Promise.all(paths.map((path) => readFile(join(ROOT, path), 'utf8')));
  return new Map(paths.map((path, index) => [path, texts[index] ?? '']));
}
