import { HostStartError } from '../errors.ts';
import { parseConstraint, type RouteConstraint } from './route-constraints.ts';

/** One part of a route between slashes. */
export type RouteSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | {
      readonly kind: 'parameter' | 'catchAll';
      readonly name: string;
      readonly optional: boolean;
      readonly constraints: readonly RouteConstraint[];
    };

/**
 * Reads an ASP.NET Core route template: literals, `{name}`, `{name?}`, `{name:int}`, `{*rest}`.
 * Throws HostStartError for what the local host does not offer (defaults, several parts in one segment, unknown constraints).
 */
export function parseTemplate(template: string, functionName: string): readonly RouteSegment[] {
  const refuse = (why: string): never => {
    throw new HostStartError(`function "${functionName}": route "${template}": ${why}`);
  };
  if (/^[/~]/.test(template)) refuse('a route must not start with "/" or "~"');
  if (template === '') return [];
  const parts = splitSegments(template);
  const segments = parts.map((part) => parseSegment(part, refuse));
  const names = segments.flatMap((segment) =>
    segment.kind === 'literal' ? [] : [segment.name.toLowerCase()],
  );
  if (new Set(names).size !== names.length) refuse('a parameter name appears twice');
  segments.slice(0, -1).forEach((segment) => {
    if (segment.kind === 'catchAll') refuse('a catch-all parameter must come last');
    if (segment.kind === 'parameter' && segment.optional) refuse('an optional parameter must come last');
  });
  return segments;
}

/** Slashes inside braces (in a regex constraint) do not separate segments. */
function splitSegments(template: string): string[] {
  return template.split(/\/(?![^{}]*\})/);
}

function parseSegment(part: string, refuse: (why: string) => never): RouteSegment {
  if (part === '') return refuse('a segment is empty');
  if (!/[{}]/.test(part)) return { kind: 'literal', text: part.toLowerCase() };
  const match = /^\{(\*{0,2})([A-Za-z_]\w*)((?::(?:[^:()?=]|\([^)]*\))+)*)(\?)?\}$/.exec(part);
  if (!match) return refuse(`"${part}" is not supported; use {name}, {name?}, {name:constraint} or {*name}`);
  const [, stars = '', name = '', constraintText = '', optional] = match;
  const constraints = [...constraintText.matchAll(/:((?:[^:()]|\([^)]*\))+)/g)].map(
    ([, text = '']) => parseConstraint(text) ?? refuse(`constraint "${text}" is not supported`),
  );
  return {
    kind: stars ? 'catchAll' : 'parameter',
    name,
    optional: optional !== undefined,
    constraints,
  };
}

/**
 * Values of the parameters if the path's segments (already decoded) match, else undefined. Literals and names compare
 * without case; a catch-all takes the rest, also nothing, and is then absent.
 */
export function matchTemplate(
  segments: readonly RouteSegment[],
  path: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  const accept = (segment: Exclude<RouteSegment, { kind: 'literal' }>, value: string): boolean => {
    if (!segment.constraints.every((constraint) => constraint(value))) return false;
    params[segment.name] = value;
    return true;
  };
  let index = 0;
  for (const segment of segments) {
    const part = path[index];
    if (segment.kind === 'catchAll') {
      const rest = path.slice(index).join('/');
      return rest === '' || accept(segment, rest) ? params : undefined;
    }
    if (segment.kind === 'literal') {
      if (part?.toLowerCase() !== segment.text) return undefined;
    } else if (part === undefined) {
      if (!segment.optional) return undefined;
    } else if (part === '' || !accept(segment, part)) return undefined;
    index += 1;
  }
  return index >= path.length ? params : undefined;
}

/**
 * Order in which ASP.NET tries templates (`RoutePrecedence.ComputeInbound`), lower first: per segment literal 1, constrained
 * parameter 2, parameter 3, constrained catch-all 4, catch-all 5.
 */
export function precedenceOf(segments: readonly RouteSegment[]): string {
  return segments
    .map((segment) => {
      if (segment.kind === 'literal') return 1;
      return (segment.kind === 'parameter' ? 3 : 5) - (segment.constraints.length > 0 ? 1 : 0);
    })
    .join('');
}
