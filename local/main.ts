import { enableCompileCache } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { watch: { type: 'boolean', default: false } } });
enableCompileCache(join(resolve(process.env['MCMS_STATE_DIR'] || '.local'), 'compile-cache'));

// After the cache is there: what is imported now comes from it.
const { runStack } = await import('./supervisor/run.ts');
const { productPlugins } = await import('./supervisor/plugins/index.ts');
const { untilApiReady } = await import('./supervisor/health.ts');

try {
  await runStack({ plugins: productPlugins, untilHealthy: untilApiReady, watch: values.watch });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
process.exit();
