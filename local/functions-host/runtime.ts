import { randomUUID } from 'node:crypto';
import type { HostFunction } from './app.ts';
import { asError, FunctionTimeoutError } from './errors.ts';
import type core from './functions-core.cjs';
import { invokeFunction } from './invoke.ts';
import type { HostLog } from './log.ts';

/** What a trigger knows of one event. */
export interface TriggerEvent {
  readonly data: core.TypedData;
  readonly triggerMetadata?: Readonly<Record<string, core.TypedData>>;
  readonly traceContext?: core.TraceContext;
}

/** Data of an extra input binding, asked for on each invocation. */
export type InputProvider = (binding: core.BindingInfo) => core.TypedData;
/** Takes what a function put into its extra outputs or returned to a `$return` binding. Rejects if it cannot be stored. */
export type OutputSender = (binding: core.BindingInfo, data: core.TypedData) => Promise<void>;

export interface RuntimeOptions {
  readonly log: HostLog;
  /** functionTimeout of host.json in milliseconds; undefined for no limit. */
  readonly functionTimeoutMs: number | undefined;
  readonly inputs: ReadonlyMap<string, InputProvider>;
  readonly outputs: ReadonlyMap<string, OutputSender>;
  /** Function names that must wait before they begin, for tests of what follows. */
  readonly holds?: { passed(name: string): Promise<void> | undefined } | undefined;
  /** Called once an invocation that timed out has been answered: the process has to end. */
  readonly onFatal: (error: Error) => void;
}

/** Runs functions for the triggers: inputs, time limit, outputs, log; knows what is still running. */
export class Runtime {
  readonly log: HostLog;
  readonly #options: RuntimeOptions;
  readonly #running = new Set<Promise<unknown>>();

  constructor(options: RuntimeOptions) {
    this.log = options.log;
    this.#options = options;
  }

  /**
   * Runs a function once. Rejects with the handler's error, or FunctionTimeoutError; either has been logged, once, when this
   * rejects, and the caller only has to answer its client and then call `endIfTimedOut`.
   */
  async invoke(fn: HostFunction, event: TriggerEvent): Promise<core.InvocationResponse> {
    const invocationId = randomUUID();
    const about = { functionName: fn.name, invocationId };
    await this.#options.holds?.passed(fn.name);
    try {
      const inputs: Record<string, core.TypedData> = { [fn.trigger.bindingName]: event.data };
      for (const { bindingName, settings } of fn.inputs) {
        const provider = this.#options.inputs.get(settings.type);
        if (provider) inputs[bindingName] = provider(settings);
      }
      const response = await this.#withinTimeout(
        fn.name,
        invokeFunction(fn.registered, {
          inputs,
          invocationId,
          triggerMetadata: event.triggerMetadata,
          traceContext: event.traceContext,
          log: (level, _category, message) => this.log.write({ level, message, ...about }),
        }),
      );
      await this.#sendOutputs(fn, response);
      return response;
    } catch (thrown) {
      const error = asError(thrown);
      this.log.write({ level: 'error', message: `failed: ${describe(error)}`, ...about });
      throw error;
    }
  }

  /** Keeps `work` (an event from arrival to answer) in the list that a graceful stop waits for. */
  track<T>(work: Promise<T>): Promise<T> {
    const settled = work.then(
      () => undefined,
      () => undefined,
    );
    this.#running.add(settled);
    void settled.then(() => this.#running.delete(settled));
    return work;
  }

  /**
   * Waits until `others` have settled and nothing runs any more, `limitMs` at most; answers how many are still running.
   */
  async drain(limitMs: number, others: readonly Promise<unknown>[]): Promise<number> {
    const { promise: limit, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    const idle = Promise.allSettled(others).then(() => Promise.allSettled(this.#running));
    await Promise.race([idle, limit]);
    clearTimeout(timer);
    return this.#running.size;
  }

  /** Ends the process for an invocation that ran too long: its code still runs and nothing else can stop it. */
  endIfTimedOut(error: unknown): void {
    if (error instanceof FunctionTimeoutError) this.#options.onFatal(error);
  }

  async #withinTimeout<T>(name: string, work: Promise<T>): Promise<T> {
    const limitMs = this.#options.functionTimeoutMs;
    if (limitMs === undefined) return await work;
    const { promise: limit, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new FunctionTimeoutError(`${name} ran longer than functionTimeout, ${limitMs / 1000} s`)),
      limitMs,
    );
    try {
      return await Promise.race([work, limit]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #sendOutputs(fn: HostFunction, response: core.InvocationResponse): Promise<void> {
    for (const { bindingName, settings } of fn.outputs) {
      const send = this.#options.outputs.get(settings.type);
      if (!send) continue;
      const data =
        bindingName === '$return'
          ? response.returnValue
          : response.outputData?.find((output) => output.name === bindingName)?.data;
      if (data) await send(settings, data);
    }
  }
}

/** A durable-functions error carries the orchestration's whole state behind this mark: not for a log. */
const DURABLE_STATE_MARK = '$OutOfProcData$';

function describe(error: Error): string {
  const text = error.stack ?? error.message;
  const [head = ''] = text.split(DURABLE_STATE_MARK, 1);
  return head.trimEnd();
}
