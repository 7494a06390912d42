import type core from '../../local/functions-host/functions-core.cjs';
import type { Route } from '../../shared/http/index.ts';
import { invokeRegistered } from './functions-core.ts';

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: Record<string, unknown>;
}

export interface HttpCall {
  readonly method: string;
  /** Path and query below `/api/`. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: unknown;
}

/** Calls the http function a target belongs to, through the programming model. `extraInputs`: data of its other inputs. */
export async function callRoute(
  routes: readonly Route[],
  request: HttpCall,
  extraInputs: (functionName: string) => Record<string, core.TypedData>,
): Promise<HttpReply> {
  const { name, params } = matchRoute(routes, request);
  const url = new URL(`http://127.0.0.1:7071/api/${request.target}`);
  const http = {
    method: request.method,
    url: url.href,
    params,
    query: Object.fromEntries(url.searchParams),
    headers: { 'content-type': 'application/json', ...request.headers },
    ...(request.json === undefined ? {} : { body: { string: JSON.stringify(request.json) } }),
  };
  const response = await invokeRegistered(name, { http }, { inputs: extraInputs(name), log: () => {} });
  const answer = response.returnValue?.http;
  const text = answer?.body?.string ?? Buffer.from(answer?.body?.bytes ?? []).toString('utf8');
  return {
    status: Number(answer?.statusCode),
    headers: answer?.headers ?? {},
    json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  };
}

function matchRoute(
  routes: readonly Route[],
  { method, target }: HttpCall,
): { name: string; params: Record<string, string> } {
  const segments = (target.split('?')[0] ?? '').split('/');
  for (const route of routes) {
    const template = route.path.split('/');
    const fits = template.every((part, index) => part.startsWith('{') || part === segments[index]);
    if (route.method !== method || template.length !== segments.length || !fits) continue;
    const params = template.flatMap((part, index) =>
      part.startsWith('{') ? [[part.slice(1, -1), decodeURIComponent(segments[index] ?? '')]] : [],
    );
    return { name: route.name, params: Object.fromEntries(params) as Record<string, string> };
  }
  throw new Error(`no route for ${method} ${target}`);
}
