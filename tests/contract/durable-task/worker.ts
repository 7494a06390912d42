import core from '../../../local/functions-host/functions-core.cjs';
import { invokeFunction } from '../../../local/functions-host/invoke.ts';
import type { DurableWorker } from '../../../local/durable-task/backend.ts';

/** Runs what was registered through `durable-functions`, by the programming model that the Functions host uses, too. */
export function registeredWorker(): DurableWorker {
  const run = async (name: string, text: string): Promise<string> => {
    const registered = core.registry.functions.find((candidate) => candidate.metadata.name === name);
    if (registered === undefined) throw new Error(`no function "${name}" is registered`);
    const binding = bindingOf(registered);
    const response = await invokeFunction(registered, {
      inputs: { [binding.name]: { json: text } },
      log: () => {},
    });
    return jsonOf(response.returnValue ?? {});
  };
  return {
    runOrchestrator: run,
    runActivity: run,
    orchestrators: namesOf('orchestrationTrigger'),
    activities: namesOf('activityTrigger'),
  };
}

function namesOf(type: string): ReadonlySet<string> {
  return new Set(
    core.registry.functions
      .filter((registered) => bindingOf(registered).type === type)
      .map((registered) => registered.metadata.name),
  );
}

function bindingOf(registered: core.RegisteredFunction): { name: string; type: string } {
  const found = Object.entries(registered.metadata.bindings).find(
    ([, binding]) => binding.direction === 'in',
  );
  if (found === undefined) throw new Error(`function "${registered.metadata.name}" has no trigger`);
  return { name: found[0], type: found[1].type };
}

/** The returned value as JSON text, whichever member of the typed data carries it. */
function jsonOf({ json, string, int, double }: core.TypedData): string {
  if (json !== undefined) return json;
  return JSON.stringify(string ?? int ?? double ?? null);
}
