import { afterEach, describe, expect, it } from '@jest/globals';
import { app } from '@azure/functions';
import * as df from 'durable-functions';
import core from '../../local/functions-host/functions-core.cjs';
import { invokeRegistered, registeredFunction, registeredFunctions, triggerOf } from './functions-core.ts';

app.http('greet', {
  route: 'greet/{name}',
  handler: (request) => ({ status: 201, jsonBody: { hello: request.params['name'] } }),
});
df.app.activity('double', { handler: (input: number) => input * 2 });

describe('functions-core in tests', () => {
  const disposables: { dispose(): unknown }[] = [];
  afterEach(() => disposables.splice(0).forEach((disposable) => disposable.dispose()));

  it('lists what an imported app registered, with its bindings', () => {
    expect(registeredFunctions().map((registered) => registered.metadata.name)).toEqual(['greet', 'double']);
    expect(triggerOf(registeredFunction('greet')).binding).toMatchObject({
      type: 'httpTrigger',
      route: 'greet/{name}',
    });
    expect(triggerOf(registeredFunction('double')).binding.type).toBe('activityTrigger');
  });

  it('runs an http function through the programming model', async () => {
    const response = await invokeRegistered('greet', {
      http: { method: 'GET', url: 'http://localhost/api/greet/x', params: { name: 'x' }, headers: {} },
    });
    expect(response.returnValue?.http?.statusCode).toBe('201');
    expect(Buffer.from(response.returnValue?.http?.body?.bytes ?? []).toString()).toBe('{"hello":"x"}');
  });

  it('runs an activity through the programming model', async () => {
    expect((await invokeRegistered('double', { string: '21' })).returnValue).toEqual({ int: 42 });
  });

  it('lets hooks replace inputs and result', async () => {
    disposables.push(
      app.hook.preInvocation((context) => void (context.inputs = [5])),
      app.hook.postInvocation((context) => void (context.result = Number(context.result) + 1)),
    );
    expect((await invokeRegistered('double', { string: '21' })).returnValue).toEqual({ int: 11 });
  });

  it('refuses an unknown hook and an unknown function by name', () => {
    expect(() => core.registerHook('dinner', () => undefined)).toThrow('Unrecognized hook "dinner"');
    expect(() => registeredFunction('none')).toThrow(
      'no function "none" is registered; known: greet, double',
    );
  });
});
