import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileAgent } from './compile.ts';
import { importedPackages, packageFolders, parseLock } from './packages.ts';
import { readTree } from './read-tree.ts';
import { nodeRuntime, type Platform } from './runtime.ts';
import type { TarEntry } from './tar.ts';

/** Of no use at run time. */
const LEFT_OUT = /\.(d\.[cm]?ts|[cm]?ts|map|tsbuildinfo)$/;
const EXECUTABLE = /^(bin\/cmdhost|runtime\/node(\.exe)?|install\/.*\.sh)$/;

const LAUNCHER = `#!/bin/sh
# The agent on the Node of this package.
here=$(dirname -- "$(readlink -f -- "$0")")/..
node="$here/runtime/node"
[ -x "$node" ] || node=node
exec "$node" "$here/cmdhost/main.js" "$@"
`;
const WINDOWS_LAUNCHER = [
  '@echo off',
  'setlocal',
  'set "NODE=%~dp0..\\runtime\\node.exe"',
  'if not exist "%NODE%" set "NODE=node"',
  '"%NODE%" "%~dp0..\\cmdhost\\main.js" %*',
  '',
].join('\r\n');

/** Everything an agent is installed from, each file once, with the sums of all others in SHA256SUMS. */
export async function packageContents(root: string, platform: Platform): Promise<TarEntry[]> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const compiled = await compileAgent(root);
  const files = new Map<string, Buffer>([
    ...compiled,
    ...(await dependencies(root, compiled)),
    ...(await nodeRuntime(root, platform)),
    ...(await under(root, 'cmdhost/install', 'install')),
    ...(await under(root, 'cmdhost/adapters/esprit-com', 'adapters/esprit-com')),
    ...(await under(root, 'cmdhost/adapters/example', 'adapters/example')),
    ['docs/cmdhost.md', await readFile(join(root, 'docs/cmdhost.md'))],
    ['bin/cmdhost', Buffer.from(LAUNCHER)],
    ['bin/cmdhost.cmd', Buffer.from(WINDOWS_LAUNCHER)],
    ['package.json', Buffer.from(manifest(version))],
  ]);
  files.set('SHA256SUMS', Buffer.from(sums(files)));
  return [...files].map(([path, content]) => ({ path, content, executable: EXECUTABLE.test(path) }));
}

async function dependencies(root: string, compiled: Map<string, Buffer>): Promise<Map<string, Buffer>> {
  const lock = parseLock(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const imported = importedPackages([...compiled.values()].map((text) => text.toString('utf8')));
  const files = new Map<string, Buffer>();
  for (const folder of packageFolders(lock, imported)) {
    const tree = await readTree(join(root, folder), 'node_modules');
    for (const [path, content] of tree) if (!LEFT_OUT.test(path)) files.set(`${folder}/${path}`, content);
  }
  return files;
}

/** What is not compiled: scripts, units, texts. */
async function under(root: string, folder: string, target: string): Promise<Map<string, Buffer>> {
  const tree = [...(await readTree(join(root, folder)))].filter(([path]) => !path.endsWith('.ts'));
  return new Map(tree.map(([path, content]) => [`${target}/${path}`, content]));
}

function manifest(version: string): string {
  const fields = { name: 'mcms-cmdhost', version, private: true, type: 'module', engines: { node: '>=24' } };
  return `${JSON.stringify(fields, null, 2)}\n`;
}

/** As `sha256sum -c SHA256SUMS` reads it. */
function sums(files: ReadonlyMap<string, Buffer>): string {
  const lines = [...files].map(
    ([path, content]) => `${createHash('sha256').update(content).digest('hex')}  ${path}`,
  );
  return `${lines.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join('\n')}\n`;
}
