import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './run-script.ts';

/** Made on the machine, as .gitignore says, or not the project's own. */
const LEFT_OUT = /^(node_modules|dist|bench-results|coverage|\.git|\.local.*|\.azure|\.vscode|\.idea)$/;
const BINARY = /\.(stl|png|jpe?g|ico|woff2?|zip)$/i;

/** The text files of the checkout: path from its root, with forward slashes. */
export async function textFiles(): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(ROOT, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (LEFT_OUT.test(entry.name)) continue;
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
