import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The platforms Node is packaged for; `none` leaves it out: then Node 24 must be on the workstation. */
export const PLATFORMS = ['win-x64', 'linux-x64', 'linux-arm64', 'none'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** That of this machine. */
export function ownPlatform(): Platform {
  return toPlatform(`${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`);
}

/** @throws {Error} naming the platforms there are */
export function toPlatform(text: string): Platform {
  const platform = PLATFORMS.find((one) => one === text);
  if (!platform) throw new Error(`"${text}" is no platform; there are ${PLATFORMS.join(', ')}`);
  return platform;
}

/**
 * Node itself for a platform, from the optional dependency that carries it.
 * @throws {Error} saying how to get one that npm did not install on this machine
 */
export async function nodeRuntime(root: string, platform: Platform): Promise<Map<string, Buffer>> {
  if (platform === 'none') return new Map();
  const name = `node-${platform}`;
  const folder = join(root, 'node_modules', name);
  const executable = platform.startsWith('win') ? 'node.exe' : 'node';
  try {
    return new Map([
      [`runtime/${executable}`, await readFile(join(folder, 'bin', executable))],
      ['runtime/LICENSE', await readFile(join(folder, 'LICENSE'))],
    ]);
  } catch (cause) {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      optionalDependencies: Record<string, string>;
    };
    throw new Error(
      `${name} is not installed: npm installs the Node of its own machine only. Get it by ` +
        `"npm install --no-save --force ${name}@${manifest.optionalDependencies[name] ?? ''}", or use --platform none`,
      { cause },
    );
  }
}
