import type { Principal } from '../../shared/auth/index.ts';
import type { Database } from '../../shared/data/index.ts';
import { type Route, createPipeline } from '../../shared/http/index.ts';
import { historyRoutes } from '../../functions/http/history.ts';
import { itemRoutes } from '../../functions/http/items.ts';
import { routingRoutes } from '../../functions/http/routings.ts';
import { createTestDatabase } from './database.ts';
import { type Reply, call, principal, tokensOf } from './http-pipeline.ts';

/** Callers by token. `colleague` is the second person of the same role. */
export const CALLERS = {
  machinist: principal('machinist', 'Mcms.Machinist'),
  reader: principal('reader', 'Mcms.Reader'),
  engineer: principal('engineer', 'Mcms.Engineer'),
  colleague: principal('colleague', 'Mcms.Engineer'),
  approver: principal('approver', 'Mcms.Approver'),
  operator: principal('operator', 'Mcms.Operator'),
  admin: principal('admin', 'Mcms.Admin'),
  cmdhost: principal('cmdhost', 'Mcms.CmdHost'),
} as const satisfies Record<string, Principal>;
export type Caller = keyof typeof CALLERS;

export interface ShopRequest {
  /** Default: `engineer`. */
  readonly as?: Caller;
  readonly json?: unknown;
  readonly headers?: Record<string, string>;
}

export interface ShopApi {
  readonly database: Database;
  /** Each call is one second after the one before. */
  readonly clock: { now(): Date };
  readonly routes: readonly Route[];
  /** `target` is path and query below `/api/`. */
  send(method: string, target: string, request?: ShopRequest): Promise<Reply>;
}

/** Items, routings and history behind the real pipeline, on a database of their own; every answer is checked by its schema. */
export async function createShopApi(): Promise<ShopApi> {
  const { database } = await createTestDatabase();
  let nowMs = Date.parse('2026-03-02T08:00:00.000Z');
  const clock = { now: () => new Date((nowMs += 1000)) };
  const routes = [
    ...itemRoutes({ database }),
    ...routingRoutes({ database }),
    ...historyRoutes({ database }),
  ];
  const pipeline = createPipeline({ authenticator: tokensOf(CALLERS), clock, checkResponses: true });
  return {
    database,
    clock,
    routes,
    send: (method, target, { as = 'engineer', json, headers } = {}) => {
      const { route, params } = match(routes, method, target);
      return call(pipeline, route, {
        target,
        params,
        json,
        headers: { authorization: `Bearer ${as}`, ...headers },
      });
    },
  };
}

/** The route a target belongs to, its parameters decoded as the Functions host does. */
function match(routes: readonly Route[], method: string, target: string) {
  const segments = (target.split('?')[0] ?? '').split('/');
  for (const route of routes) {
    const template = route.path.split('/');
    if (route.method !== method || template.length !== segments.length) continue;
    const params: Record<string, string> = {};
    const fits = template.every((part, index) => {
      const segment = segments[index] ?? '';
      if (!part.startsWith('{')) return part === segment;
      params[part.slice(1, -1)] = decodeURIComponent(segment);
      return true;
    });
    if (fits) return { route, params };
  }
  throw new Error(`no route for ${method} ${target}`);
}
