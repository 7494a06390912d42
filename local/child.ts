/** What a local server hands back once it listens. `stop` may be called more than once. */
export interface RunningService {
  /** Facts for the supervisor's table and for other parts, for example the port that was bound. */
  readonly facts: Readonly<Record<string, string | number>>;
  stop(): Promise<void>;
}

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
  try {
    service = await start();
  } catch (error) {
    console.error(`${name}: ${describe(error)}`);
    process.exit(1);
  }
  if (process.send) process.send({ type: 'ready', name, facts: service.facts });
  else console.log(`${name}: ready ${JSON.stringify(service.facts)}`);
}

/** The sentence for a port that another program holds: names the port and the setting that changes it. */
export function portTakenMessage(port: number, setting: string): string {
  return `port ${port} on 127.0.0.1 is taken by another program; stop it or set ${setting} to a free port`;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
