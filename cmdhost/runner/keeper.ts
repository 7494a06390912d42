import type { LineStream } from '../link/lines.ts';
import { processIdentity } from '../processes.ts';
import { type FromRunner, toRunner, type ToRunner } from './contracts.ts';
import { type LocalProcess, startProcess } from './hosted-process.ts';

export interface Keeper {
  /** A message of the agent. @throws {Error} when it is none of the contract */
  onMessage(message: unknown): void;
  /** Ends everything that was started, at once; what is still being started ends right after its start. */
  killAll(): Promise<void>;
}

/** The runner's side of the connection: starts processes, passes their lines on, and ends them. `stream` is the way to the agent. */
export function createKeeper(
  stream: () => LineStream | undefined,
  onError: (error: unknown) => void,
  identify: (pid: number) => Promise<string | undefined> = processIdentity,
): Keeper {
  const processes = new Map<string, LocalProcess>();
  let paused = false;
  let over = false;

  const pauseAll = (value: boolean): void => {
    paused = value;
    for (const one of processes.values()) one.pause(value);
  };
  const send = (message: FromRunner): void => {
    const to = stream();
    if (!to || to.send(message) || paused || over) return;
    pauseAll(true);
    to.onDrain(() => pauseAll(false));
  };

  /** The agent waits for `started` and `exit`, whatever fails on the way to them. */
  const unless = async <T>(work: Promise<T>, otherwise: T): Promise<T> =>
    work.catch((error: unknown) => {
      onError(error);
      return otherwise;
    });

  const start = async ({ processId, ...command }: ToRunner & { type: 'start' }): Promise<void> => {
    let local: LocalProcess;
    try {
      local = await startProcess(command, (from, text) =>
        send({ type: 'line', processId, stream: from, text }),
      );
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return send({ type: 'not-started', processId, message });
    }
    processes.set(processId, local);
    if (over) await unless(local.kill(), undefined);
    if (paused) local.pause(true);
    const identity = await unless(identify(local.pid), undefined);
    send({ type: 'started', processId, pid: local.pid, identity: identity ?? null });
    const { code, signal } = await unless(local.exited, { code: null, signal: null });
    processes.delete(processId);
    send({ type: 'exit', processId, code, signal });
  };

  return {
    onMessage: (value) => {
      const message = toRunner.parse(value);
      if (message.type === 'start') return void start(message).catch(onError);
      const local = processes.get(message.processId);
      if (message.type === 'write') local?.write(message.line);
      else if (message.type === 'end') local?.end().catch(onError);
      else local?.kill().catch(onError);
    },
    killAll: async () => {
      over = true;
      await Promise.allSettled([...processes.values()].map(async (local) => local.kill()));
    },
  };
}
