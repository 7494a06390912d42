import { execFile } from 'node:child_process';
import { glob, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { importClosure } from '../../local/supervisor/import-closure.ts';
import { readTree } from './read-tree.ts';

const run = promisify(execFile);

/**
 * The agent and its adapters as JavaScript: every `main.ts` under `cmdhost/` with all they import, and nothing else.
 * @returns path in the package → text
 * @throws what the compiler says
 */
export async function compileAgent(root: string): Promise<Map<string, Buffer>> {
  const entries: string[] = [];
  for await (const entry of glob('cmdhost/**/main.ts', { cwd: root })) entries.push(join(root, entry));
  const files = [...importClosure(entries)];
  const folder = await mkdtemp(join(tmpdir(), 'mcms-package-'));
  try {
    const project = join(folder, 'tsconfig.json');
    const compilerOptions = {
      noEmit: false,
      rootDir: root,
      outDir: join(folder, 'out'),
      typeRoots: [join(root, 'node_modules/@types')],
    };
    await writeFile(
      project,
      JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] }),
    );
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', project], {
      cwd: root,
    }).catch(compilerSays);
    const compiled = await readTree(compilerOptions.outDir);
    const expected = files.map((file) => relative(root, file).replaceAll('\\', '/').replace(/\.ts$/, '.js'));
    // Types alone compile to an empty module; it is there all the same.
    const missing = expected.filter((path) => path.endsWith('.js') && !compiled.has(path));
    if (missing.length > 0) throw new Error(`the compiler left out ${missing.join(', ')}`);
    return compiled;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function compilerSays(error: unknown): never {
  const output = typeof error === 'object' && error !== null && 'stdout' in error ? String(error.stdout) : '';
  throw new Error(`the agent does not compile:\n${output}`, { cause: error });
}
