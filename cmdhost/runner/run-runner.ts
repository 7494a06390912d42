import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { connectLink } from '../link/client.ts';
import { createLineStream, type LineStream } from '../link/lines.ts';
import { MAX_MESSAGE_LENGTH } from './contracts.ts';
import { createKeeper, type Keeper } from './keeper.ts';

const AGAIN_AFTER_MS = 1_000;

/** The runner as a child of the agent, over its standard streams. Resolves once the agent is gone and everything it had started has ended. */
export async function serveParent(): Promise<void> {
  // A signal to the whole group or unit is meant for the agent: it decides how long runs may go on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const keeper = createKeeper(() => stream, report);
  const stream: LineStream = createLineStream({
    input: process.stdin,
    output: process.stdout,
    maxLength: MAX_MESSAGE_LENGTH,
    onMessage: (message) => keeper.onMessage(message),
  });
  stream.send({ type: 'ready' });
  await stream.closed;
  await keeper.killAll();
  // One whose start came with the last bytes shows itself a turn later.
  await nextTurn();
  await keeper.killAll();
}

/**
 * The runner in the logged-on session: connects to the agent of the work folder, again and again, until the signal fires. Everything it
 * has started ends with the connection.
 */
export async function serveSession(workFolder: string, signal: AbortSignal): Promise<void> {
  let said = '';
  while (!signal.aborted) {
    try {
      await serveOnce(workFolder, signal);
      said = '';
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== said) process.stderr.write(`cmdhost runner: no agent yet: ${reason}\n`);
      said = reason;
    }
    await delay(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function serveOnce(workFolder: string, signal: AbortSignal): Promise<void> {
  const agent: { stream?: LineStream } = {};
  const keeper: Keeper = createKeeper(() => agent.stream, report);
  const connection = await connectLink({
    workFolder,
    role: 'runner',
    maxLength: MAX_MESSAGE_LENGTH,
    onMessage: (message) => keeper.onMessage(message),
  });
  agent.stream = connection;
  const end = (): void => connection.close();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  connection.send({ type: 'ready' });
  process.stdout.write('cmdhost runner: connected\n');
  await connection.closed;
  signal.removeEventListener('abort', end);
  await keeper.killAll();
  process.stdout.write('cmdhost runner: the agent is gone; what ran was ended\n');
}

function report(error: unknown): void {
  process.stderr.write(
    `cmdhost runner: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
}
