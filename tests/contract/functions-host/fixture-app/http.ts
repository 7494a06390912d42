import { setTimeout as delay } from 'node:timers/promises';
import { app, type HttpHandler, type HttpRequest, type InvocationContext } from '@azure/functions';

/** Says which function answered and with which parameters. */
const which: HttpHandler = (request, context) => ({
  jsonBody: { fn: context.functionName, params: request.params },
});

app.http('list-items', { route: 'items', methods: ['GET'], handler: which });
app.http('create-item', { route: 'items', methods: ['POST'], handler: which });
app.http('read-item', { route: 'items/{itemCode}', methods: ['GET', 'HEAD'], handler: which });
app.http('special-item', { route: 'items/special', methods: ['POST'], handler: which });
app.http('latest-item', { route: 'items/latest', methods: ['GET'], handler: which });
app.http('numbered', { route: 'revisions/{n:int}', methods: ['GET'], handler: which });
app.http('named', { route: 'revisions/{name}', methods: ['GET'], handler: which });
app.http('optional', { route: 'pages/{page?}', methods: ['GET'], handler: which });
app.http('range', { route: 'ranges/{n:range(1,9)}', methods: ['GET'], handler: which });
app.http('guid', { route: 'guids/{id:guid}', methods: ['GET'], handler: which });
app.http('files', { route: 'files/{*path}', methods: ['GET'], handler: which });
app.http('by-name', { methods: ['GET'], handler: which });

app.http('echo', {
  route: 'echo',
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  handler: async (request: HttpRequest, context: InvocationContext) => ({
    jsonBody: {
      method: request.method,
      url: request.url,
      query: Object.fromEntries(request.query),
      headers: Object.fromEntries(request.headers),
      user: request.user,
      body: await request.text(),
      traceParent: context.traceContext?.traceParent,
      traceState: context.traceContext?.traceState,
    },
  }),
});

app.http('bytes', {
  route: 'bytes',
  methods: ['GET'],
  handler: () => ({
    status: 206,
    body: new Uint8Array([0, 255, 128, 10]),
    headers: { 'content-type': 'application/octet-stream', etag: '"1"', 'content-length': '99' },
    cookies: [
      { name: 'a', value: 'x y', httpOnly: true, secure: true, sameSite: 'Strict', maxAge: 60 },
      { name: 'b', value: '2', path: '/api', sameSite: 'None' },
    ],
  }),
});
app.http('nothing', {
  route: 'nothing',
  methods: ['GET'],
  handler: (() => undefined) as unknown as HttpHandler,
});
app.http('status', {
  route: 'status/{code:int}',
  methods: ['GET'],
  handler: (request) => ({ status: Number(request.params['code']), body: 'text' }),
});
app.http('size', {
  route: 'size',
  methods: ['POST'],
  handler: async (request) => ({ body: String((await request.arrayBuffer()).byteLength) }),
});
app.http('fail', {
  route: 'fail',
  methods: ['GET'],
  handler: () => {
    throw new Error('broken SharedAccessKey=topsecret;\nsecond line');
  },
});
app.http('fail-oddly', {
  route: 'fail-oddly',
  methods: ['GET'],
  handler: () => Promise.reject('only a text'),
});
app.http('log', {
  route: 'log',
  methods: ['GET'],
  handler: (_request, context) => {
    context.log('two', 'words', { n: 1 });
    context.debug('not shown');
    context.warn('line one\nline two');
    return { body: context.invocationId };
  },
});
app.http('slow', {
  route: 'slow/{ms:int}',
  methods: ['GET'],
  handler: async (request) => {
    await delay(Number(request.params['ms']));
    return { body: 'done' };
  },
});
