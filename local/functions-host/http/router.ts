import type { HostFunction } from '../app.ts';
import { HostStartError } from '../errors.ts';
import { matchTemplate, parseTemplate, precedenceOf, type RouteSegment } from './route-template.ts';

interface Route {
  readonly fn: HostFunction;
  readonly template: string;
  /** Upper case; undefined takes every method. */
  readonly methods: ReadonlySet<string> | undefined;
  readonly segments: readonly RouteSegment[];
  readonly precedence: string;
}

export interface RouteMatch {
  readonly fn: HostFunction;
  readonly params: Record<string, string>;
}

/** Finds the function for a method and a path. */
export interface Router {
  /** `path` starts with a slash and is decoded. A wrong method is no match, as on Azure. */
  match(method: string, path: string): RouteMatch | undefined;
}

/**
 * Routes of all http functions under `routePrefix`. Throws HostStartError for a template or authLevel that this host does not
 * offer, and for two functions that would claim the same requests.
 */
export function createRouter(functions: readonly HostFunction[], routePrefix: string): Router {
  const prefix = routePrefix.split('/').filter(Boolean);
  const routes = functions
    .map((fn) => toRoute(fn, prefix))
    .toSorted((one, other) =>
      one.precedence < other.precedence ? -1 : Number(one.precedence > other.precedence),
    );
  refuseDuplicates(routes);
  return {
    match(method, path) {
      const parts = path.replace(/^\//, '').replace(/\/$/, '').split('/');
      const segments = parts.length === 1 && parts[0] === '' ? [] : parts;
      for (const { fn, methods, segments: template } of routes) {
        if (methods && !methods.has(method)) continue;
        const params = matchTemplate(template, segments);
        if (params) return { fn, params };
      }
      return undefined;
    },
  };
}

function toRoute(fn: HostFunction, prefix: readonly string[]): Route {
  const { route, methods, authLevel = 'anonymous' } = fn.trigger.settings;
  if (authLevel !== 'anonymous') {
    throw new HostStartError(
      `function "${fn.name}": authLevel "${String(authLevel)}" is not supported; use "anonymous"`,
    );
  }
  const template = typeof route === 'string' && route !== '' ? route : fn.name;
  const literals = prefix.map((text) => ({ kind: 'literal', text: text.toLowerCase() }) as const);
  const segments = [...literals, ...parseTemplate(template, fn.name)];
  const names = Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : [];
  return {
    fn,
    template,
    methods: names.length > 0 ? new Set(names) : undefined,
    segments,
    precedence: precedenceOf(segments),
  };
}

function refuseDuplicates(routes: readonly Route[]): void {
  const seen = new Map<string, Route>();
  for (const route of routes) {
    const shape = route.template.toLowerCase().replaceAll(/\{(\**)\w+/g, '{$1');
    for (const method of route.methods ?? ['every method']) {
      const key = `${method} ${shape}`;
      const other = seen.get(key);
      if (other) {
        throw new HostStartError(
          `functions "${other.fn.name}" and "${route.fn.name}" both claim ${method} ${route.template}`,
        );
      }
      seen.set(key, route);
    }
  }
}
