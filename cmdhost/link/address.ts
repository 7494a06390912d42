import { createHash } from 'node:crypto';
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
