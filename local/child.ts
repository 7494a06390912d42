import { flushCompileCache } from 'node:module';

/** What a local server hands back once it listens. `stop` may be called more than once. */
export interface RunningService {
  /** Facts for the supervisor's table and for other parts, for example the port that was bound. */
  readonly facts: Readonly<Record<string, string | number>>;
  stop(): Promise<void>;
}

/** Longest time a stop may take before the process ends without it: also a server that hangs must not outlive its stack. */
const STOP_DEADLINE_MS = 5000;

/**
 * Runs one local server as a process of its own: says `ready` to the supervisor over the IPC channel (or on stdout when there
 * is none), stops on SIGINT and SIGTERM, and stops when the supervisor is gone, so that no server outlives it.
 * A start that fails is one sentence on stderr and exit code 1.
 */
export async function runChild(name: string, start: () => Promise<RunningService>): Promise<void> {
  let service: RunningService | undefined;
  let stopping = false;
  const stop = (exitCode: number): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => {
      console.error(`${name}: did not stop within ${STOP_DEADLINE_MS} ms, ending now`);
      process.exit(1);
    }, STOP_DEADLINE_MS).unref();
    const done = service?.stop() ?? Promise.resolve();
    done.then(
      () => process.exit(exitCode),
      (error: unknown) => {
        console.error(`${name}: did not stop cleanly: ${describe(error)}`);
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', () => stop(0));
  process.once('SIGTERM', () => stop(0));
  process.once('disconnect', () => stop(0));
  // The supervisor reads these pipes: once it is gone a line can go nowhere, and `disconnect` above stops this process.
  process.stdout.on('error', ignoreClosedPipe);
  process.stderr.on('error', ignoreClosedPipe);
  // False only when the supervisor went away while this process was still loading its modules.
  if (process.connected === false && process.send) process.exit(0);
  try {
    service = await start();
  } catch (error) {
    console.error(`${name}: ${describe(error)}`);
    process.exit(1);
  }
  // Now rather than at exit: a process that is killed would start slowly again.
  flushCompileCache();
  // A send that fails means that the supervisor just went away.
  if (process.send)
    process.send({ type: 'ready', name, facts: service.facts }, (error: Error | null) => error && stop(0));
  else console.log(`${name}: ready ${JSON.stringify(service.facts)}`);
}

/** The sentence for a port that another program holds: names the port and the setting that changes it. */
export function portTakenMessage(port: number, setting: string): string {
  return `port ${port} on 127.0.0.1 is taken by another program; stop it or set ${setting} to a free port`;
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
