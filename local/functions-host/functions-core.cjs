'use strict';
/**
 * What `require('@azure/functions-core')` gives on Azure: the module through which `@azure/functions` and `durable-functions`
 * register themselves with the Node worker. Everything registered is kept in `registry`, which only hosts and tests read.
 * Members and refusals as in azure-functions-nodejs-worker (types-core/index.d.ts, src/coreApi).
 */
const HOOK_NAMES = ['preInvocation', 'postInvocation', 'appStart', 'appTerminate', 'log'];

class Disposable {
  #dispose;

  constructor(callOnDispose) {
    this.#dispose = callOnDispose;
  }

  static from(...disposables) {
    return new Disposable(() => disposables.forEach((disposable) => disposable?.dispose?.()));
  }

  dispose() {
    const dispose = this.#dispose;
    this.#dispose = undefined;
    return dispose?.();
  }
}

const registry = {
  functions: [],
  hooks: new Map(HOOK_NAMES.map((name) => [name, []])),
  programmingModel: undefined,
  started: false,
  log(level, category, message) {
    if (level === 'warning' || level === 'error' || level === 'critical')
      console.warn(`${category}: ${message}`);
  },
};

function registerFunction(metadata, callback) {
  if (registry.started) throw new Error('A function can only be registered during app startup.');
  const registered = { metadata, callback };
  registry.functions.push(registered);
  return new Disposable(() => removeFrom(registry.functions, registered));
}

function registerHook(hookName, callback) {
  const callbacks = registry.hooks.get(hookName);
  if (callbacks === undefined) {
    throw Object.assign(new RangeError(`Unrecognized hook "${hookName}"`), {
      isAzureFunctionsSystemError: true,
    });
  }
  callbacks.push(callback);
  return new Disposable(() => removeFrom(callbacks, callback));
}

function removeFrom(list, entry) {
  const index = list.indexOf(entry);
  if (index >= 0) list.splice(index, 1);
}

module.exports = {
  version: '3.12.0',
  hostVersion: '4.1042.100',
  registerFunction,
  registerHook,
  setProgrammingModel(programmingModel) {
    registry.programmingModel = programmingModel;
  },
  getProgrammingModel() {
    return registry.programmingModel;
  },
  log(level, category, message) {
    registry.log(level, category, message);
  },
  Disposable,
  registry,
};
