import { join } from 'node:path';
import type { Plugin } from './service.ts';
import type { StackSettings } from './settings.ts';

/**
 * The environment of a part: the stack's own settings as they were resolved, what the user set, and the part's app settings that
 * the user left open. `NAME__property` set by the user (identity-based connections) also stands for `NAME`.
 */
export function environmentOf(plugin: Plugin, settings: StackSettings): NodeJS.ProcessEnv {
  const given = Object.keys(settings.environment).filter((name) => settings.environment[name]?.trim());
  const isGiven = (name: string) => given.some((other) => other === name || other.startsWith(`${name}__`));
  const open = Object.entries({ ...stackEnvironment(settings), ...plugin.env?.(settings) }).filter(
    ([name]) => !isGiven(name),
  );
  return { ...settings.environment, ...Object.fromEntries(open), ...resolved(settings) };
}

/** These hold for every part; ports and folder win over the user's spelling because they are it, made absolute. */
function resolved({ stateDir, ports, capturePort }: StackSettings): Record<string, string> {
  return {
    MCMS_STATE_DIR: stateDir,
    MCMS_PORT: String(ports.http),
    MCMS_BLOB_PORT: String(ports.blob),
    MCMS_AMQP_PORT: String(ports.amqp),
    MCMS_IDENTITY_PORT: String(ports.identity),
    MCMS_CAPTURE_PORT: String(capturePort),
  };
}

function stackEnvironment({ stateDir }: StackSettings): Record<string, string> {
  // Without it every process strips the types of its modules again, which costs time and, for the stripper, 30 MB each.
  return { NODE_COMPILE_CACHE: join(stateDir, 'compile-cache') };
}
