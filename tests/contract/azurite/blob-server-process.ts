import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { BlobServiceClient } from '@azure/storage-blob';
import { blobConnectionString } from '../../../local/azurite/addresses.ts';

/** The blob server as a process of its own, as the supervisor starts it. */
export interface BlobServerProcess {
  readonly port: number;
  readonly client: BlobServiceClient;
  /** As `kill -9`. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts `local/azurite/main.ts` on a state folder. @throws what it wrote to stderr when it ended before it was ready */
export async function startBlobServerProcess(stateDir: string, port = 0): Promise<BlobServerProcess> {
  const child = spawn(process.execPath, ['local/azurite/main.ts'], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, MCMS_STATE_DIR: stateDir, MCMS_BLOB_PORT: String(port) },
  });
  const boundPort = await readyPort(child);
  const end = async (stop: () => void): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    stop();
    await exited;
  };
  return {
    port: boundPort,
    client: BlobServiceClient.fromConnectionString(blobConnectionString(boundPort), {
      retryOptions: { maxTries: 1 },
    }),
    kill: () => end(() => child.kill('SIGKILL')),
    stop: () => end(() => child.disconnect()),
  };
}

function readyPort(child: ChildProcess): Promise<number> {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.once('message', (message: { facts: { port: number } }) => resolve(message.facts.port));
    child.once('close', () => reject(new Error(errors)));
  });
}
