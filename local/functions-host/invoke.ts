import { randomUUID } from 'node:crypto';
import { asError } from './errors.ts';
import core from './functions-core.cjs';

/** What a trigger hands to one run of a function. */
export interface InvokeOptions {
  /** Data by binding name: the trigger's and those of extra inputs. */
  readonly inputs: Readonly<Record<string, core.TypedData>>;
  readonly triggerMetadata?: Readonly<Record<string, core.TypedData>>;
  readonly traceContext?: core.TraceContext;
  readonly invocationId?: string;
  readonly log?: (level: core.LogLevel, category: core.LogCategory, message: string) => void;
}

/**
 * Runs a registered function once through the programming model, in the order of the Node worker (its
 * `eventHandlers/InvocationHandler.ts`): arguments, preInvocation hooks (which may replace inputs and handler), handler,
 * postInvocation hooks (which may replace result and error), response. Rejects with the error left after the hooks.
 */
export async function invokeFunction(
  registered: core.RegisteredFunction,
  options: InvokeOptions,
): Promise<core.InvocationResponse> {
  const programmingModel = core.registry.programmingModel;
  if (programmingModel === undefined)
    throw new Error('no programming model is registered: import the app first');
  const coreContext = coreContextOf(registered, options);
  const model = programmingModel.getInvocationModel(coreContext);
  const { context, inputs } = await model.getArguments();
  const invocation = { hookData: {}, invocationContext: context };

  const before = { ...invocation, inputs, functionCallback: registered.callback };
  coreContext.state = 'preInvocationHooks';
  await runHooks('preInvocation', before);

  const after: { inputs: unknown[]; result: unknown; error: unknown } & typeof invocation = {
    ...invocation,
    inputs: before.inputs,
    result: null,
    error: null,
  };
  coreContext.state = 'invocation';
  try {
    after.result = await model.invokeFunction(context, before.inputs, before.functionCallback);
  } catch (error) {
    after.error = error ?? new Error('the handler threw nothing');
  }

  coreContext.state = 'postInvocationHooks';
  await runHooks('postInvocation', after);
  coreContext.state = undefined;
  if (after.error !== undefined && after.error !== null) throw asError(after.error);
  return await model.getResponse(context, after.result);
}

/** Runs the app's hooks of one name one after another, in the order they were registered. */
export async function runHooks(name: core.HookName, context: Record<string, unknown>): Promise<void> {
  for (const callback of core.registry.hooks.get(name) ?? []) await callback(context);
}

function coreContextOf(
  registered: core.RegisteredFunction,
  options: InvokeOptions,
): core.CoreInvocationContext {
  return {
    invocationId: options.invocationId ?? randomUUID(),
    metadata: registered.metadata,
    request: {
      inputData: Object.entries(options.inputs).map(([name, data]) => ({ name, data })),
      triggerMetadata: options.triggerMetadata ?? {},
      traceContext: options.traceContext,
    },
    log: options.log ?? core.registry.log,
  };
}
