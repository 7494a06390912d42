/**
 * The HTTP layer: routes declared once, with everything a request goes through on its way to a handler and back.
 *
 * ```ts
 * // functions/http/items.ts
 * export function itemRoutes(items: ItemService): Route[] {
 *   return [
 *     defineRoute({
 *       name: 'items-get',
 *       method: 'GET',
 *       path: 'items/{itemCode}',
 *       operation: 'item.read',
 *       summary: 'Read an item',
 *       tags: ['Items'],
 *       access: { roles: ['Mcms.Reader'] },
 *       params: z.strictObject({ itemCode: code(64) }),
 *       responses: { 200: { description: 'The item', schema: itemSchema } },
 *       handler: async ({ params }) => {
 *         const item = await items.get(params.itemCode);
 *         return { status: 200, body: item, etag: versionTag(item.version) };
 *       },
 *     }),
 *   ];
 * }
 *
 * // functions/main.ts
 * const api = createApi({ authenticator, idempotency });
 * api.register(...itemRoutes(items), ...healthRoutes(probes), ...openapiRoutes(api), ...docsRoutes());
 * registerNotFound(api);
 * ```
 *
 * - **Errors**: throw an `AppError` (shared/errors.ts) with code and status; it becomes `application/problem+json`. Anything else
 *   is a 500 that hides its message and is logged once; a number property `retryAfterSeconds` on it makes it a 503 instead.
 * - **Inputs**: `params`, `query` and `body` are strict zod schemas; a failed one is a 400 whose `errors` name each field, an
 *   unknown filter too. Without `query` no parameter is taken; without `body` a body is ignored; an optional body is
 *   `z.strictObject({…}).optional()`. Use `text`, `code`, `top`, `queryInteger`, `queryBoolean`, `instant`, `skipToken`.
 * - **Lists**: `schema: pageOf(rowSchema)` and `body: page(ctx.request.url, { value, next })`, `next` being the position that the
 *   query's `skipToken(positionSchema)` reads back.
 * - **Conditions**: return `etag` and a matching `If-None-Match` becomes a 304. `requiresIfMatch: true` refuses a call without
 *   `If-Match` (428); `expectedVersion(ctx.request.ifMatch)` is the version to write against, `preconditionFailed(current)` the 412.
 * - **Idempotency**: every write takes `Idempotency-Key` by itself, through the `IdempotencyStore` given to `createApi`.
 * - **Roles**: `access: { roles }` lets in who holds any of them (or one that includes it, see shared/auth/roles.ts).
 * - **Bodies that are not JSON**: a response with `contentType` and no `schema` takes a string or bytes.
 * - **Further function inputs**: `extraInputs: [df.input.durableClient()]`, then `df.getClient(ctx.invocation)`.
 */
export { type FieldError, AppError, UnavailableError } from '../errors.ts';
export { type Api, createApi, httpMethods } from './api.ts';
export { type HttpErrorCode, HttpError, fieldInvalid, inputInvalid } from './errors.ts';
export {
  type EntityTag,
  type TagCondition,
  expectedVersion,
  matchesNone,
  parseTagCondition,
  preconditionFailed,
  versionTag,
} from './etag.ts';
export { code, instant, queryBoolean, queryInteger, text, timestamp, top } from './fields.ts';
export {
  type IdempotencyScope,
  type IdempotencyStore,
  type RecordedResponse,
  keyInProgress,
  keyReused,
} from './idempotency.ts';
export { type Page, encodeSkipToken, page, pageOf, skipToken } from './paging.ts';
export { type Pipeline, type PipelineOptions, createPipeline } from './pipeline.ts';
export {
  type Access,
  type Method,
  type ResponseSpec,
  type Route,
  type RouteContext,
  type RouteRequest,
  type RouteResponse,
  defineRoute,
} from './route.ts';
