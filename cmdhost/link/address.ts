import { createHash } from 'node:crypto';
import type { ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** sockaddr_un holds 108 bytes on Linux, 104 on macOS, the closing zero included. */
const MAX_SOCKET_PATH = 103;

/** Where the agent of a work folder listens: a socket in it (beside it when its path is too long), on Windows a named pipe. */
export function linkAddress(
  workFolder: string,
  platform: NodeJS.Platform = process.platform,
  temporary: string = tmpdir(),
): string {
  const name = createHash('sha256').update(resolve(workFolder)).digest('hex').slice(0, 32);
  if (platform === 'win32') return `\\\\.\\pipe\\mcms-cmdhost-${name}`;
  const path = join(resolve(workFolder), 'agent.sock');
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : join(temporary, `mcms-cmdhost-${name}.sock`);
}

/**
 * How to listen there. Windows lets others only read a named pipe of a service, and the runner in the session is another account: to write,
 * it needs what libuv gives to everyone or to no one. Whoever gets in by that still has to know the secret.
 */
export function listenAt(
  address: string,
  forOtherAccounts: boolean,
  platform: NodeJS.Platform = process.platform,
): ListenOptions {
  const open = platform === 'win32' && forOtherAccounts;
  return open ? { path: address, readableAll: true, writableAll: true } : { path: address };
}
