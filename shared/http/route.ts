import type { FunctionInput, InvocationContext } from '@azure/functions';
import type { z } from 'zod';
import type { Principal } from '../auth/principal.ts';
import type { Role } from '../auth/roles.ts';
import type { OperationKey } from '../telemetry/operation-keys.ts';
import type { Clock } from '../time/clock.ts';
import type { TagCondition } from './etag.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Access = 'anonymous' | { readonly roles: readonly Role[] };

/** One answer a route gives: JSON by `schema`, another text by `contentType`, or no body when it has neither. */
export interface ResponseSpec {
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly contentType?: string;
  /** Response headers worth documenting, with a line of meaning each. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type ResponseSpecs = Readonly<Record<number, ResponseSpec>>;

/** What a handler may return: for each declared status, the body its spec describes. */
export type ResponseOf<R extends ResponseSpecs> = {
  [S in keyof R & number]: {
    readonly status: S;
    readonly headers?: Readonly<Record<string, string>>;
    /** Quoted entity tag; a GET with a matching `If-None-Match` is answered by 304. */
    readonly etag?: string;
  } & BodyOf<R[S]>;
}[keyof R & number];

type BodyOf<Spec> = Spec extends { schema: infer S extends z.ZodType }
  ? { readonly body: z.input<S> }
  : Spec extends { contentType: string }
    ? { readonly body: string | Uint8Array }
    : { readonly body?: undefined };

/** The parts of a request a handler may need beside its checked inputs. */
export interface RouteRequest {
  readonly method: string;
  /** Absolute address as the Functions host saw it. */
  readonly url: URL;
  header(name: string): string | undefined;
  readonly ifMatch: TagCondition | undefined;
  readonly ifNoneMatch: TagCondition | undefined;
  readonly idempotencyKey: string | undefined;
}

export interface RouteContext<
  P = unknown,
  Q = unknown,
  B = unknown,
  Who extends Principal | undefined = Principal | undefined,
> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** The caller; undefined on an anonymous route. */
  readonly principal: Who;
  readonly request: RouteRequest;
  readonly invocation: InvocationContext;
  readonly traceId: string;
  readonly clock: Clock;
}

interface RouteFacts {
  /** Name of the Azure function, lower case with dashes; also the OpenAPI operation id. */
  readonly name: string;
  readonly method: Method;
  /** Route template without leading slash or prefix: `routings/{routingId}`. */
  readonly path: string;
  /** `operation.key` of its telemetry. */
  readonly operation: OperationKey;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly access: Access;
  /** Take any query parameter and read none; only for routes that stand for no address of their own. */
  readonly anyQuery?: boolean;
  /** Refuse a call without `If-Match` by 428. */
  readonly requiresIfMatch?: boolean;
  /** Largest body taken; default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** Refusals peculiar to this route, for the API document; the common ones are added. */
  readonly problems?: Readonly<Record<number, string>>;
  /** Further inputs of the function, for example `df.input.durableClient()`. */
  readonly extraInputs?: readonly FunctionInput[];
}

export interface RouteSpec<
  P extends z.ZodType,
  Q extends z.ZodType,
  B extends z.ZodType,
  R extends ResponseSpecs,
  A extends Access,
> extends RouteFacts {
  readonly access: A;
  /** Strict object of the route parameters; required when the path has any. */
  readonly params?: P;
  /** Strict object of the query; without it every query parameter is refused. */
  readonly query?: Q;
  /** Strict schema of the JSON body; without it a body is ignored. */
  readonly body?: B;
  readonly responses: R;
  /**
   * `NoInfer`: what a handler returns must fit `responses`, never shape them. One that takes no `ctx` is typed before they are
   * known, so literals in its body want `as const`.
   */
  handler(
    ctx: RouteContext<z.output<P>, z.output<Q>, z.output<B>, A extends 'anonymous' ? undefined : Principal>,
  ): Promise<ResponseOf<NoInfer<R>>> | ResponseOf<NoInfer<R>>;
}

/** What any handler returns, seen without its route's types. */
export interface RouteResponse {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly etag?: string;
}

/** A route without its type parameters: what the registry, the pipeline and the API document work with. */
export interface Route extends RouteFacts {
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly responses: ResponseSpecs;
  handler(ctx: RouteContext): Promise<RouteResponse> | RouteResponse;
}

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const PATH = /^[a-z0-9.-]+(\/([a-z0-9.-]+|\{[a-zA-Z]+\}))*$/;

/**
 * Declares one operation of the API with its types, its document and its handler.
 * @throws {Error} when name or path is malformed, or a path parameter has no schema: defects of the route itself.
 */
export function defineRoute<
  const R extends ResponseSpecs,
  const A extends Access,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B, R, A>): Route {
  if (!NAME.test(spec.name))
    throw new Error(`route name "${spec.name}" must be lower case words joined by dashes`);
  if (!PATH.test(spec.path)) throw new Error(`route ${spec.name}: "${spec.path}" is not a route template`);
  if (spec.path.includes('{') && !spec.params)
    throw new Error(`route ${spec.name} has parameters without a schema`);
  return spec as unknown as Route;
}

/** True for methods that change something, which take an `Idempotency-Key`. */
export function isWrite(method: Method): boolean {
  return method !== 'GET';
}
