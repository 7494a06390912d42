import { registerHooks } from 'node:module';

const MODULE_NAME = '@azure/functions-core';
const CORE_URL = new URL('./functions-core.cjs', import.meta.url).href;

/**
 * Makes `require('@azure/functions-core')` work in this process, as it does in the Azure Node worker. To be called before
 * the app is imported: without the module `@azure/functions` silently registers nothing.
 */
export function supplyFunctionsCore(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier !== MODULE_NAME) return nextResolve(specifier, context);
      return { url: CORE_URL, format: 'commonjs', shortCircuit: true };
    },
  });
}
