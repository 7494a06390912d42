import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Logger } from '../../shared/telemetry/index.ts';
import { createLineStream, type LineStream } from '../link/lines.ts';
import type { LinkPeer } from '../link/server.ts';
import { backoffMs, pause, UNTIL_IT_WORKS } from '../retry.ts';
import { MAX_MESSAGE_LENGTH } from './contracts.ts';
import type { RunnerHolder } from './holder.ts';
import { minimalEnvironment } from './hosted-process.ts';

export interface ChildRunner {
  /** Ends the runner and with it all it has started. */
  stop(): Promise<void>;
}

/** One that lived so long was not ended by what it met at its start. */
const HEALTHY_AFTER_MS = 10_000;

/** Keeps a runner as a child of this process: a new one, with backoff, when it ends. */
export function startChildRunner(holder: RunnerHolder, log: Logger): ChildRunner {
  const stopped = new AbortController();
  let stream: LineStream | undefined;

  const runOne = async (): Promise<void> => {
    const child = spawnRunner();
    const ended = once(child, 'close');
    const { stdin, stdout } = child;
    if (!stdin || !stdout) throw new Error('the runner has no standard streams');
    const late: { peer?: LinkPeer } = {};
    stream = createLineStream({
      input: stdout,
      output: stdin,
      maxLength: MAX_MESSAGE_LENGTH,
      onMessage: (message) => late.peer?.onMessage(message),
    });
    late.peer = holder.attach(stream);
    if (stopped.signal.aborted) stream.close();
    const [code, signal] = (await ended) as [number | null, string | null];
    stream.close();
    await holder.settled();
    if (!stopped.signal.aborted) log.error('the runner ended by itself', { code, signal });
  };

  const loop = async (): Promise<void> => {
    for (let failures = 0; !stopped.signal.aborted;) {
      const began = performance.now();
      await runOne().catch((error: unknown) => log.error('the runner could not be started', { error }));
      failures = performance.now() - began > HEALTHY_AFTER_MS ? 1 : failures + 1;
      await pause(backoffMs(failures, UNTIL_IT_WORKS), stopped.signal).catch(() => undefined);
    }
  };

  const running = loop();
  return {
    stop: async () => {
      stopped.abort();
      stream?.close();
      await running;
    },
  };
}

/** This same program again, compiled or not, with the least that it needs. In a group of its own: what ends the agent's group must not end it. */
function spawnRunner(): ChildProcess {
  const [, main = ''] = process.argv;
  const cache = process.env['NODE_COMPILE_CACHE'];
  return spawn(process.execPath, [...process.execArgv, main, 'runner', '--child'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: process.platform !== 'win32',
    windowsHide: true,
    env: { ...minimalEnvironment(), ...(cache ? { NODE_COMPILE_CACHE: cache } : {}) },
  });
}
