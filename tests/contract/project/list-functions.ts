import { pathToFileURL } from 'node:url';
import core from '../../../local/functions-host/functions-core.cjs';
import { supplyFunctionsCore } from '../../../local/functions-host/supply-core.ts';

/**
 * Imports the app at the path given as argument, as the Azure Node worker would, and prints what it registered: the `metadata` of
 * every function, as JSON.
 */
supplyFunctionsCore();
const [entry = ''] = process.argv.slice(2);
await import(pathToFileURL(entry).href);
const functions = core.registry.functions.map(({ metadata }) => metadata);
process.stdout.write(JSON.stringify(functions), () => process.exit());
