/**
 * The suites' app in a process of its own, with the real clock, on the database that its argument names. Prints `{"rpcBaseUrl"}` when
 * ready and runs until it is killed or stdin ends.
 */
import { registerHooks } from 'node:module';
import { startDurableBackend } from '../../../local/durable-task/backend.ts';

const [databasePath = ':memory:'] = process.argv.slice(2);

const corePath = new URL('../../../local/functions-host/functions-core.cjs', import.meta.url);
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@azure/functions-core'
      ? { url: corePath.href, format: 'commonjs', shortCircuit: true }
      : next(specifier, context),
});

// Only now: the library looks for the registration module when it is loaded.
await import('./suite-app/main.ts');
const { registeredWorker } = await import('./worker.ts');

const backend = await startDurableBackend({ databasePath, hubName: 'SuiteHub', worker: registeredWorker() });
console.log(JSON.stringify({ rpcBaseUrl: backend.rpcBaseUrl }));
process.stdin.resume().once('end', () => {
  void backend.stop().then(() => process.exit(0));
});
