/**
 * A process with a backend on the database named by its argument, for the test that kills it. It writes one line per activity run to
 * the ledger file, prints `{"rpcBaseUrl"}` when ready, and runs until it is killed or stdin ends.
 */
import { registerHooks } from 'node:module';
import { appendFileSync } from 'node:fs';
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

const backend = await startDurableBackend({ databasePath, hubName: 'TestHub', worker: registeredWorker() });
console.log(JSON.stringify({ rpcBaseUrl: backend.rpcBaseUrl }));
process.stdin.resume().once('end', () => {
  void backend.stop().then(() => process.exit(0));
});
