import { createHash } from 'node:crypto';
import { type Api, type Route, defineRoute } from '../../shared/http/index.ts';
import { openApiDocument } from '../../shared/http/openapi.ts';

const DESCRIPTION = [
  'Parts, routings, CAM revisions, files and CAM commands of a machine shop.',
  'Errors are RFC 9457 problem documents with a stable `code` and a `traceId`.',
  'Lists are `{value, nextLink}`; follow `nextLink` until it is absent.',
].join('\n');

/** `GET /api/openapi.json`: the document of every route registered with `api` when it is first asked for. */
export function openApiRoutes(api: Pick<Api, 'routes'>, version: string): Route[] {
  let made: { readonly body: string; readonly etag: string } | undefined;
  const document = (): { readonly body: string; readonly etag: string } => {
    const body = JSON.stringify(
      openApiDocument({ title: 'MCMS', version, description: DESCRIPTION }, api.routes),
    );
    return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` };
  };
  return [
    defineRoute({
      name: 'openapi',
      method: 'GET',
      path: 'openapi.json',
      operation: 'system.docs',
      summary: 'The OpenAPI 3.1 document of this API',
      tags: ['Documentation'],
      access: 'anonymous',
      responses: {
        200: {
          description: 'The document',
          contentType: 'application/json',
          headers: { ETag: 'Its entity tag' },
        },
      },
      handler: () => ({
        status: 200,
        ...(made ??= document()),
        headers: { 'Cache-Control': 'public, max-age=300' },
      }),
    }),
  ];
}
