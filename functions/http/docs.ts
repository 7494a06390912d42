import { type Route, defineRoute } from '../../shared/http/index.ts';
import { CONTENT_SECURITY_POLICY, PAGE } from '../../shared/http/docs-page/page.ts';

/** `GET /api/docs`: a page to browse the API and try it. */
export function docsRoutes(): Route[] {
  return [
    defineRoute({
      name: 'docs',
      method: 'GET',
      path: 'docs',
      operation: 'system.docs',
      summary: 'A page to browse this API and try it',
      tags: ['Documentation'],
      access: 'anonymous',
      responses: { 200: { description: 'The page', contentType: 'text/html; charset=utf-8' } },
      handler: () => ({
        status: 200,
        body: PAGE,
        headers: {
          'Cache-Control': 'no-cache',
          'Content-Security-Policy': CONTENT_SECURITY_POLICY,
          'Cross-Origin-Opener-Policy': 'same-origin',
          'Referrer-Policy': 'no-referrer',
        },
      }),
    }),
  ];
}
