import type { Logger } from '../../shared/telemetry/index.ts';
import { RunnerLostError } from '../errors.ts';
import type { LineStream } from '../link/lines.ts';
import type { LinkPeer } from '../link/server.ts';
import { killAbandoned } from '../processes.ts';
import { within } from '../retry.ts';
import { createRunnerClient, type HostedProcess, type RunnerClient, type StartOptions } from './client.ts';

export type RunnerState = 'connected' | 'absent';

/** The runner as the rest of the agent knows it: there or not, whichever process it is. */
export interface RunnerHolder {
  state(): RunnerState;
  /** Runs `listener` after each change of the state. */
  onChange(listener: (state: RunnerState) => void): void;
  /** Waits for a runner. @returns whether there is one */
  untilConnected(limitMs: number): Promise<boolean>;
  /** @throws {RunnerLostError}; {Error} with the system's reason when the process cannot be started */
  start(options: StartOptions): Promise<HostedProcess>;
  /** Takes a connection; one that comes while a runner is connected is closed. */
  attach(stream: LineStream): LinkPeer;
  /** Resolves once what the last runner has left behind is ended. */
  settled(): Promise<void>;
}

export function createRunnerHolder(log: Logger): RunnerHolder {
  let client: RunnerClient | undefined;
  /** Set from the first message until what the runner had started is ended. */
  let attached: LineStream | undefined;
  let settled = Promise.resolve();
  const listeners: ((state: RunnerState) => void)[] = [];
  const state = (): RunnerState => (client ? 'connected' : 'absent');
  const change = (next: RunnerClient | undefined): void => {
    if (client === next) return;
    client = next;
    for (const listener of listeners) listener(state());
  };

  const afterwards = async (gone: RunnerClient): Promise<void> => {
    change(undefined);
    for (const known of gone.alive()) {
      try {
        log.warn('what a runner left behind is ended', { pid: known.pid, end: await killAbandoned(known) });
      } catch (error) {
        log.error('what a runner left behind could not be ended', { pid: known.pid, error });
      }
    }
    gone.lost();
    attached = undefined;
  };

  return {
    state,
    onChange: (listener) => void listeners.push(listener),
    untilConnected: async (limitMs) => {
      if (client) return true;
      const connected = new Promise<void>((resolve) => {
        listeners.push((value) => {
          if (value === 'connected') resolve();
        });
      });
      return within(limitMs, connected);
    },
    start: async (options) => {
      if (!client) throw new RunnerLostError();
      return client.start(options);
    },
    attach: (stream) => {
      if (attached) {
        log.warn('a second runner is not taken while there is one');
        stream.close();
        return { onMessage: () => undefined };
      }
      attached = stream;
      const mine = createRunnerClient(stream);
      mine.ready.then(
        () => change(mine),
        () => log.warn('a runner ended before it was ready'),
      );
      settled = stream.closed.then(async () => afterwards(mine));
      return mine;
    },
    settled: async () => settled,
  };
}
