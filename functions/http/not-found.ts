import { app } from '@azure/functions';
import { type Api, HttpError, type Route, httpMethods } from '../../shared/http/index.ts';

/** What a request can come with; TRACE and CONNECT cannot be represented by the platform's request object. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/**
 * Registers the catch-all: the host itself answers an unknown path, and a known one with a wrong method, by an empty 404.
 * A known path gives 405 with `Allow` (204 to OPTIONS), any other 404.
 */
export function registerNotFound(api: Api): void {
  app.http('not-found', {
    authLevel: 'anonymous',
    methods: [...METHODS],
    route: '{*path}',
    handler: (request, invocation) => api.pipeline(catchAll(api.routes), request, invocation),
  });
}

function catchAll(routes: readonly Route[]): Route {
  return {
    name: 'not-found',
    method: 'GET',
    path: '{*path}',
    operation: 'system.not-found',
    summary: 'Anything else',
    tags: [],
    access: 'anonymous',
    anyQuery: true,
    responses: { 204: { description: 'The methods of a known path' } },
    handler: ({ request }) => {
      const path = request.url.pathname;
      const allowed = allowedMethods(routes, path);
      if (allowed.length === 0) throw new HttpError('route-unknown', `There is nothing at ${path}.`);
      const headers = { Allow: [...allowed, 'OPTIONS'].join(', ') };
      if (request.method === 'OPTIONS') return { status: 204, headers };
      throw new HttpError('method-not-allowed', `${request.method} is not possible at ${path}.`, {
        httpHeaders: headers,
        extensions: { allowedMethods: allowed },
      });
    },
  };
}

function allowedMethods(routes: readonly Route[], path: string): string[] {
  const segments = path.replace(/^\/api\//i, '').split('/');
  return routes
    .filter((route) => matches(route.path.split('/'), segments))
    .flatMap((route) => httpMethods(route));
}

/** The host compares literal segments without regard to case, and a parameter never matches an empty segment. */
function matches(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((part, index) => {
      const segment = segments[index] ?? '';
      return part.startsWith('{') ? segment !== '' : part.toLowerCase() === segment.toLowerCase();
    })
  );
}
