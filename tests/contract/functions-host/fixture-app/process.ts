import { setTimeout as delay } from 'node:timers/promises';
import { app } from '@azure/functions';
import './http.ts';

app.http('spin', {
  route: 'spin/{ms:int}',
  methods: ['GET'],
  handler: (request) => {
    const end = Date.now() + Number(request.params['ms']);
    while (Date.now() < end);
    return { body: 'done' };
  },
});
app.http('crash', {
  route: 'crash',
  methods: ['GET'],
  handler: () => {
    setImmediate(() => {
      throw new Error('thrown outside the handler');
    });
    return new Promise(() => undefined);
  },
});
app.http('announced', {
  route: 'announced',
  methods: ['GET'],
  handler: async (_request, context) => {
    context.log('entered');
    await delay(300);
    return { body: 'done' };
  },
});
app.http('setting', {
  route: 'setting/{name}',
  methods: ['GET'],
  handler: (request) => ({ body: process.env[request.params['name'] ?? ''] ?? '' }),
});
