import { join } from 'node:path';
import { inspect } from 'node:util';
import { type DurableBackend, type DurableWorker, startDurableBackend } from '../durable-task/backend.ts';
import type { HostFunction } from './app.ts';
import type core from './functions-core.cjs';
import type { HostJson } from './host-json.ts';
import type { Runtime } from './runtime.ts';
import { traceContextOf } from './trace-context.ts';

const LEVELS = { info: 'information', warn: 'warning', error: 'error' } as const;

export interface DurableOptions {
  readonly runtime: Runtime;
  readonly settings: HostJson['extensions']['durableTask'];
  readonly stateDir: string;
}

/** True when the app has an orchestrator, an activity or a function that starts them: then the backend is needed. */
export function usesDurable(functions: readonly HostFunction[]): boolean {
  return functions.some(
    ({ trigger, inputs }) =>
      /^(?:orchestration|activity)Trigger$/.test(trigger.settings.type) ||
      inputs.some(({ settings }) => settings.type === 'durableClient'),
  );
}

/** Starts the Durable Task backend over `<stateDir>/durable-task.db` with the app's orchestrators and activities. */
export async function startDurable(
  functions: readonly HostFunction[],
  { runtime, settings, stateDir }: DurableOptions,
): Promise<DurableBackend> {
  return await startDurableBackend({
    databasePath: join(stateDir, 'durable-task.db'),
    hubName: settings.hubName,
    worker: createWorker(functions, runtime),
    maxConcurrentActivities: settings.maxConcurrentActivityFunctions,
    maxConcurrentOrchestrators: settings.maxConcurrentOrchestratorFunctions,
    log: (level, message, fields = {}) =>
      runtime.log.write({
        level: LEVELS[level],
        message: `durable-task: ${message} ${inspect(fields, { breakLength: Infinity })}`,
      }),
  });
}

function createWorker(functions: readonly HostFunction[], runtime: Runtime): DurableWorker {
  const ofType = (type: string): ReadonlyMap<string, HostFunction> =>
    new Map(functions.filter(({ trigger }) => trigger.settings.type === type).map((fn) => [fn.name, fn]));
  const orchestrators = ofType('orchestrationTrigger');
  const activities = ofType('activityTrigger');
  const run = async (
    fn: HostFunction | undefined,
    name: string,
    event: Pick<Parameters<Runtime['invoke']>[1], 'data' | 'triggerMetadata'>,
  ): Promise<core.TypedData> => {
    if (!fn) throw new Error(`the app has no durable function "${name}"`);
    try {
      const invocation = runtime.invoke(fn, { ...event, traceContext: traceContextOf(undefined) });
      return (await runtime.track(invocation)).returnValue ?? {};
    } catch (error) {
      runtime.endIfTimedOut(error);
      throw error;
    }
  };
  return {
    orchestrators: new Set(orchestrators.keys()),
    activities: new Set(activities.keys()),
    async runOrchestrator(name, input) {
      const result = await run(orchestrators.get(name), name, { data: { json: input } });
      return result.string ?? result.json ?? 'null';
    },
    async runActivity(name, inputJson, instanceId) {
      const triggerMetadata = { InstanceId: { json: JSON.stringify(instanceId) } };
      return toJson(await run(activities.get(name), name, { data: { json: inputJson }, triggerMetadata }));
    },
  };
}

/** What an activity returned, as JSON text; bytes become base64, as in the Durable extension. */
function toJson(data: core.TypedData): string {
  if (data.json !== undefined) return data.json;
  if (data.bytes !== undefined) return JSON.stringify(Buffer.from(data.bytes).toString('base64'));
  return JSON.stringify(data.string ?? data.int ?? data.double ?? null);
}
