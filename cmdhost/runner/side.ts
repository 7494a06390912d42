import type { Logger } from '../../shared/telemetry/index.ts';
import type { LineStream } from '../link/lines.ts';
import { type LinkPeer, startLinkServer } from '../link/server.ts';
import { startChildRunner } from './child.ts';
import { MAX_MESSAGE_LENGTH } from './contracts.ts';
import type { RunnerHolder } from './holder.ts';

export interface RunnerSideOptions {
  readonly holder: RunnerHolder;
  readonly mode: 'child' | 'session';
  readonly workFolder: string;
  /** Takes a connection of the commands `drain`, `resume` and `status`. */
  readonly control: (stream: LineStream) => LinkPeer;
  readonly log: Logger;
}

/** What the agent has to do with its runner and with the commands of its workstation. */
export interface RunnerSide {
  /** Resolves once a child is ready to start adapters, or takes long; at once when the runner comes by itself. */
  readonly firstRunner: Promise<unknown>;
  stop(): Promise<void>;
}

const FIRST_RUNNER_MS = 10_000;

export async function startRunnerSide({
  holder,
  mode,
  workFolder,
  control,
  log,
}: RunnerSideOptions): Promise<RunnerSide> {
  const child = mode === 'child' ? startChildRunner(holder, log) : undefined;
  const server = await startLinkServer({
    workFolder,
    forOtherAccounts: mode === 'session',
    maxLength: MAX_MESSAGE_LENGTH,
    accept: (role, stream) => {
      if (role === 'control') return control(stream);
      if (mode === 'session') return holder.attach(stream);
      log.warn('a runner of a session is not taken: this agent starts its own');
      stream.close();
      return { onMessage: () => undefined };
    },
    log,
  });
  return {
    firstRunner: child ? holder.untilConnected(FIRST_RUNNER_MS) : Promise.resolve(),
    stop: async () => {
      await Promise.all([child?.stop(), server.close()]);
      await holder.settled();
    },
  };
}
