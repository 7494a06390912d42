import type { HostFunction } from './app.ts';
import { HostStartError } from './errors.ts';

const TRIGGERS = new Set([
  'httpTrigger',
  'serviceBusTrigger',
  'timerTrigger',
  'orchestrationTrigger',
  'activityTrigger',
]);
const INPUTS = new Set(['durableClient']);
const OUTPUTS = new Set(['http', 'serviceBus']);

/**
 * Throws HostStartError for the first binding this host does not offer, naming function and type: a function that is left out
 * quietly would look like one that never fires.
 */
export function refuseUnsupportedBindings(functions: readonly HostFunction[]): void {
  for (const { name, trigger, inputs, outputs } of functions) {
    const unsupported =
      [trigger].find(({ settings }) => !TRIGGERS.has(settings.type)) ??
      inputs.find(({ settings }) => !INPUTS.has(settings.type)) ??
      outputs.find(({ settings }) => !OUTPUTS.has(settings.type));
    if (unsupported) {
      throw new HostStartError(
        `function "${name}": binding type "${unsupported.settings.type}" is not supported by the local host`,
      );
    }
  }
}

/** Functions started by triggers of this type. */
export function withTrigger(functions: readonly HostFunction[], type: string): readonly HostFunction[] {
  return functions.filter(({ trigger }) => trigger.settings.type === type);
}
