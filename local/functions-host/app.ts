import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import core from './functions-core.cjs';
import { asError, HostStartError } from './errors.ts';
import { runHooks } from './invoke.ts';
import type { HostLog } from './log.ts';

/** A registered function, its bindings sorted by what they are for. */
export interface HostFunction {
  readonly name: string;
  readonly registered: core.RegisteredFunction;
  readonly trigger: NamedBinding;
  readonly inputs: readonly NamedBinding[];
  readonly outputs: readonly NamedBinding[];
}

export interface NamedBinding {
  readonly bindingName: string;
  readonly settings: core.BindingInfo;
}

const loaded = new Map<string, readonly HostFunction[]>();

/**
 * Imports the app's entry, runs its appStart hooks and returns what it registered. An app loads once per process, as in
 * the Azure worker; asking again for the same entry returns the same functions. `log` takes what the library itself reports.
 * Throws HostStartError for an entry that fails, registers nothing or registers what Azure would refuse.
 */
export async function loadApp(entry: string, log: HostLog): Promise<readonly HostFunction[]> {
  const path = resolve(entry);
  core.registry.log = (level, _category, message) => log.write({ level, message });
  const known = loaded.get(path);
  if (known) return known;
  core.registry.started = false;
  try {
    await import(pathToFileURL(path).href);
  } catch (error) {
    const cause = asError(error);
    throw new HostStartError(
      `the app's entry ${entry} failed, so that on Azure it would have no functions: ${cause.message}`,
      { cause },
    );
  }
  const functions = registeredByNoOther().map(toHostFunction);
  if (functions.length === 0) throw new HostStartError(`the app's entry ${entry} registered no function`);
  refuseBadNames(functions);
  await startProgrammingModel();
  core.registry.started = true;
  loaded.set(path, functions);
  return functions;
}

/** What the entry registered, also when something had imported it before. */
function registeredByNoOther(): readonly core.RegisteredFunction[] {
  const others = new Set([...loaded.values()].flat().map(({ registered }) => registered));
  return core.registry.functions.filter((registered) => !others.has(registered));
}

async function startProgrammingModel(): Promise<void> {
  const capabilities = await core.registry.programmingModel?.getCapabilities({});
  if (capabilities?.['HttpUri'] !== undefined) {
    throw new HostStartError('app.setup({ enableHttpStream: true }) is not supported by the local host');
  }
  if (core.registry.hooks.get('log')?.length) {
    throw new HostStartError('app.hook.log is not supported by the local host');
  }
  await runHooks('appStart', { hookData: {} });
}

function toHostFunction(registered: core.RegisteredFunction): HostFunction {
  const { name, bindings, retryOptions } = registered.metadata;
  if (retryOptions !== undefined) {
    throw new HostStartError(`function "${name}": retry options are not supported by the local host`);
  }
  const all = Object.entries(bindings).map(([bindingName, settings]) => ({ bindingName, settings }));
  const isTrigger = ({ settings }: NamedBinding): boolean => /trigger$/i.test(settings.type);
  const trigger = all.find(isTrigger);
  if (!trigger) throw new HostStartError(`function "${name}" has no trigger`);
  const others = all.filter((binding) => binding !== trigger);
  return {
    name,
    registered,
    trigger,
    inputs: others.filter(({ settings }) => settings.direction === 'in'),
    outputs: others.filter(({ settings }) => settings.direction === 'out'),
  };
}

/** Azure leaves out a function with such a name and says so only in its log; here the start fails. */
function refuseBadNames(functions: readonly HostFunction[]): void {
  const seen = new Set<string>();
  for (const { name } of functions) {
    if (!/^[a-z][\w-]{0,127}$/i.test(name)) {
      throw new HostStartError(
        `"${name}" is not a function name: a letter, then letters, digits, "_" or "-"`,
      );
    }
    if (seen.has(name.toLowerCase())) throw new HostStartError(`two functions are named "${name}"`);
    seen.add(name.toLowerCase());
  }
}
