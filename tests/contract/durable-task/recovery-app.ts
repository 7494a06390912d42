/**
 * A process with a backend on the database named by its argument, for the tests that kill it. It writes one line per activity run to
 * the ledger file, holds the activity `held` until the file `<ledger>.open` is there, prints `{"rpcBaseUrl"}` when ready, and runs until it is killed or stdin ends.
 */
import { registerHooks } from 'node:module';
import { appendFileSync, existsSync } from 'node:fs';
import { startDurableBackend } from '../../../local/durable-task/backend.ts';

const [databasePath = '', ledgerPath = ''] = process.argv.slice(2);

const corePath = new URL('../../../local/functions-host/functions-core.cjs', import.meta.url);
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@azure/functions-core'
      ? { url: corePath.href, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
});

// Only now: the library looks for the registration module when it is loaded.
const df = await import('durable-functions');
const { registeredWorker } = await import('./worker.ts');

df.app.activity('step', {
  handler: async (input: { instance: number; step: number }) => {
    appendFileSync(ledgerPath, `${input.instance} ${input.step}\n`);
    await new Promise((resolve) => setImmediate(resolve));
    return input.step;
  },
});
df.app.orchestration('steps', function* (context) {
  const { instance, steps } = context.df.getInput<{ instance: number; steps: number }>();
  const done: unknown[] = [];
  while (done.length < steps) {
    done.push((yield context.df.callActivity('step', { instance, step: done.length })) as unknown);
    yield context.df.createTimer(new Date(context.df.currentUtcDateTime.getTime() + 1));
  }
  return done;
});

df.app.activity('held', {
  handler: async (input: string) => {
    appendFileSync(ledgerPath, `${input} begins\n`);
    while (!existsSync(`${ledgerPath}.open`)) await new Promise((resolve) => setTimeout(resolve, 5));
    appendFileSync(ledgerPath, `${input} ends\n`);
    return input;
  },
});
df.app.orchestration('holds', function* (context) {
  const first = (yield context.df.callActivity('step', { instance: 0, step: 0 })) as number;
  const held = (yield context.df.callActivity('held', 'held')) as string;
  return [first, held, (yield context.df.callActivity('step', { instance: 0, step: 1 })) as number];
});
/** Two timers: one that is short, and one that an event cuts short. */
df.app.orchestration('sleeps', function* (context) {
  const ms = context.df.getInput<number>();
  const from = context.df.currentUtcDateTime.getTime();
  yield context.df.createTimer(new Date(from + ms));
  const tookMs = context.df.currentUtcDateTime.getTime() - from;
  context.df.setCustomStatus('slept');
  const timer = context.df.createTimer(new Date(from + 3_600_000));
  const event = context.df.waitForExternalEvent('go');
  const winner = yield context.df.Task.any([timer, event]);
  if (winner === event) timer.cancel();
  return { tookMs, event: winner === event ? event.result : 'none' };
});

const backend = await startDurableBackend({ databasePath, hubName: 'TestHub', worker: registeredWorker() });
console.log(JSON.stringify({ rpcBaseUrl: backend.rpcBaseUrl }));
process.stdin.resume().once('end', () => {
  void backend.stop().then(() => process.exit(0));
});
