import { app } from '@azure/functions';
import * as df from 'durable-functions';

df.app.activity('add', { handler: ({ a, b }: { a: number; b: number }) => a + b });
df.app.activity('say', { handler: (name: string) => `hello ${name}` });
df.app.activity('where', {
  handler: (_input: unknown, context) => context.triggerMetadata?.['instanceId'],
});
df.app.activity('break', {
  handler: () => {
    throw new Error('no licence');
  },
});

df.app.orchestration('count', function* (context) {
  const sum: unknown = yield context.df.callActivity('add', context.df.getInput());
  const greeting: unknown = yield context.df.callActivity('say', 'x');
  const instance: unknown = yield context.df.callActivity('where');
  const extra: unknown = yield context.df.waitForExternalEvent('go');
  return { sum, greeting, instance, extra };
});
df.app.orchestration('failing', function* (context) {
  yield context.df.callActivity('break');
});

df.app.client.http('start', {
  route: 'start/{name}/{id}',
  methods: ['POST'],
  handler: async (request, client) => {
    const { name, id } = request.params as { name: string; id: string };
    await client.startNew(name, { instanceId: id, input: await request.json() });
    return client.createCheckStatusResponse(request, id);
  },
});
df.app.client.http('raise', {
  route: 'raise/{id}',
  methods: ['POST'],
  handler: async (request, client) => {
    await client.raiseEvent(request.params['id'] ?? '', 'go', await request.json());
    return { status: 202 };
  },
});
app.http('status', {
  route: 'status/{id}',
  methods: ['GET'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const status = await df.getClient(context).getStatus(request.params['id'] ?? '');
    return { jsonBody: { runtimeStatus: status.runtimeStatus, output: status.output } };
  },
});
