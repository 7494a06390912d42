import { inspect, types } from 'node:util';

/** The app or its settings cannot run on this host; the message names the function and what to change. */
export class HostStartError extends Error {
  override readonly name = 'HostStartError';
}

/** An invocation ran longer than `functionTimeout` of host.json. The host process ends after it, as the worker does on Azure. */
export class FunctionTimeoutError extends Error {
  override readonly name = 'FunctionTimeoutError';
}

/** Whatever was thrown, as an Error; an Error stays the same object. */
export function asError(thrown: unknown): Error {
  if (thrown instanceof Error || types.isNativeError(thrown)) return thrown;
  return new Error(typeof thrown === 'string' ? thrown : inspect(thrown));
}
