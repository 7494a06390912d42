import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const ROOT = join(import.meta.dirname, '../../../..');
/** For each module (URL): what stands in front of it, outermost first. */
const chains = new Map<string, string[]>();

/**
 * Has every import of a module of this checkout get `standIn` instead, which itself imports the module and passes on what it does not
 * change. For processes of fault tests, by `--import`: nothing of the product knows of it.
 * @param target relative to the checkout, with forward slashes
 * @param standIn URL of a module
 * @throws {Error} when there is no such module: a stand-in that never stands in would go unnoticed
 */
export function replaceModule(target: string, standIn: string): void {
  const path = join(ROOT, target);
  if (!existsSync(path)) throw new Error(`${standIn} stands in for ${target}, which is not there`);
  const url = pathToFileURL(path).href;
  if (chains.size === 0) register();
  chains.set(url, [...(chains.get(url) ?? []), standIn]);
}

function register(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const chain = chains.get(resolved.url);
      if (!chain) return resolved;
      // A stand-in gets the next one in the chain, the last of them the module.
      const next = chain[chain.indexOf(context.parentURL ?? '') + 1];
      return next === undefined ? resolved : { ...resolved, url: next };
    },
  });
}
