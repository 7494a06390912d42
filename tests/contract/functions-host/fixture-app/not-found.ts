import { app } from '@azure/functions';

app.http('not-found', {
  route: '{*path}',
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
  handler: (request) => ({ status: 404, jsonBody: { nothingAt: request.params['path'] ?? '' } }),
});
