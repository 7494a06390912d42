import core from '../../local/functions-host/functions-core.cjs';
import { invokeFunction, type InvokeOptions } from '../../local/functions-host/invoke.ts';

/** Functions registered so far by everything this test file has imported. */
export function registeredFunctions(): readonly core.RegisteredFunction[] {
  return core.registry.functions;
}

/** A registered function by name. Throws with the known names when there is none. */
export function registeredFunction(name: string): core.RegisteredFunction {
  const found = core.registry.functions.find((registered) => registered.metadata.name === name);
  if (found) return found;
  const known = core.registry.functions.map((registered) => registered.metadata.name).join(', ');
  throw new Error(`no function "${name}" is registered; known: ${known || 'none'}`);
}

/** The binding that starts a function, with the name its input data goes under. */
export function triggerOf(registered: core.RegisteredFunction): { name: string; binding: core.BindingInfo } {
  const found = Object.entries(registered.metadata.bindings).find(([, binding]) =>
    /trigger$/i.test(binding.type),
  );
  if (!found) throw new Error(`function "${registered.metadata.name}" has no trigger`);
  return { name: found[0], binding: found[1] };
}

/** Runs a function by name through the programming model, `trigger` being the data of its trigger. */
export async function invokeRegistered(
  name: string,
  trigger: core.TypedData,
  options: Partial<InvokeOptions> = {},
): Promise<core.InvocationResponse> {
  const registered = registeredFunction(name);
  const inputs = { [triggerOf(registered).name]: trigger, ...options.inputs };
  return await invokeFunction(registered, { ...options, inputs });
}
