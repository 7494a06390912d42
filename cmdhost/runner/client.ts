import { randomUUID } from 'node:crypto';
import { RunnerLostError } from '../errors.ts';
import type { LineStream } from '../link/lines.ts';
import { type FromRunner, fromRunner, type ToRunner } from './contracts.ts';
import type { ProcessCommand, ProcessExit } from './hosted-process.ts';

/** A process that the runner has started, as the agent sees it. */
export interface HostedProcess {
  readonly pid: number;
  /** Undefined when it has ended already, or cannot be told. */
  readonly identity: string | undefined;
  /** See `LocalProcess`; rejects with `RunnerLostError` when the runner died before. */
  readonly exited: Promise<ProcessExit>;
  write(line: string): void;
  /** Asks it to stop by the end of its standard input. */
  end(): void;
  kill(): void;
}

export interface StartOptions extends ProcessCommand {
  readonly onLine: (stream: 'out' | 'err', text: string) => void;
}

export interface KnownProcess {
  readonly pid: number;
  readonly identity: string | undefined;
}

/** The agent's side of one connection to a runner. */
export interface RunnerClient {
  /** Resolves once the runner takes starts; rejects when the connection ends before. */
  readonly ready: Promise<void>;
  onMessage(message: unknown): void;
  /** @throws {RunnerLostError}; {Error} with the system's reason when it cannot be started */
  start(options: StartOptions): Promise<HostedProcess>;
  /** What has been started and is not known to have ended. */
  alive(): KnownProcess[];
  /** The connection is over: whoever waits for a process is told. */
  lost(): void;
}

interface Entry {
  readonly onLine: StartOptions['onLine'];
  readonly started: PromiseWithResolvers<KnownProcess>;
  readonly exited: PromiseWithResolvers<ProcessExit>;
  known?: KnownProcess;
}

export function createRunnerClient(stream: LineStream): RunnerClient {
  const entries = new Map<string, Entry>();
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => undefined);
  let isLost = false;
  const send = (message: ToRunner): void => void stream.send(message);

  const take = (message: Exclude<FromRunner, { type: 'ready' }>): void => {
    const entry = entries.get(message.processId);
    if (!entry) return;
    switch (message.type) {
      case 'line':
        return entry.onLine(message.stream, message.text);
      case 'started':
        entry.known = { pid: message.pid, identity: message.identity ?? undefined };
        return entry.started.resolve(entry.known);
      case 'not-started':
        entries.delete(message.processId);
        return entry.started.reject(new Error(message.message));
      case 'exit':
        entries.delete(message.processId);
        return entry.exited.resolve({ code: message.code, signal: message.signal });
    }
  };

  return {
    ready: ready.promise,
    onMessage: (value) => {
      const message = fromRunner.parse(value);
      if (message.type === 'ready') ready.resolve();
      else take(message);
    },
    start: async ({ onLine, command, environment, cwd }) => {
      if (isLost) throw new RunnerLostError();
      const processId = randomUUID();
      const entry: Entry = {
        onLine,
        started: Promise.withResolvers(),
        exited: Promise.withResolvers(),
      };
      entry.exited.promise.catch(() => undefined);
      entries.set(processId, entry);
      send({ type: 'start', processId, command: [...command], environment: { ...environment }, cwd });
      const known = await entry.started.promise;
      return {
        ...known,
        exited: entry.exited.promise,
        write: (line) => send({ type: 'write', processId, line }),
        end: () => send({ type: 'end', processId }),
        kill: () => send({ type: 'kill', processId }),
      };
    },
    alive: () => [...entries.values()].flatMap(({ known }) => (known ? [known] : [])),
    lost: () => {
      isLost = true;
      const error = new RunnerLostError();
      ready.reject(error);
      for (const { started, exited } of entries.values()) {
        started.reject(error);
        exited.reject(error);
      }
      entries.clear();
    },
  };
}
