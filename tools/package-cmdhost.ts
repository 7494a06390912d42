import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { productVersion } from '../shared/config/version.ts';
import { packageContents } from './package-cmdhost/contents.ts';
import { ownPlatform, toPlatform } from './package-cmdhost/runtime.ts';
import { tarGz } from './package-cmdhost/tar.ts';

// `npm run package:cmdhost -- [--platform win-x64|linux-x64|linux-arm64|none] [--out FOLDER]`: what an agent is installed from, as one
// archive. See docs/cmdhost.md.

const ROOT = join(import.meta.dirname, '..');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { platform: { type: 'string' }, out: { type: 'string', default: join(ROOT, 'dist-cmdhost') } },
  });
  const platform = values.platform === undefined ? ownPlatform() : toPlatform(values.platform);
  const name = `mcms-cmdhost-${productVersion}`;
  const entries = await packageContents(ROOT, platform);
  const archive = tarGz(entries.map((entry) => ({ ...entry, path: `${name}/${entry.path}` })));
  const path = join(values.out, `${name}${platform === 'none' ? '' : `-${platform}`}.tgz`);
  await mkdir(values.out, { recursive: true });
  await writeFile(path, archive);
  const sum = createHash('sha256').update(archive).digest('hex');
  await writeFile(`${path}.sha256`, `${sum}  ${basename(path)}\n`);
  process.stdout.write(`${path}\n${entries.length} files, ${archive.length} bytes, sha256 ${sum}\n`);
}

await main().catch((error: unknown) => {
  process.stderr.write(`package:cmdhost: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
