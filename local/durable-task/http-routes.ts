import { DurableBackendError, messageOf, notOffered } from './errors.ts';
import { isFinished, runtimeStatuses, type RuntimeStatus } from './instance.ts';
import type { Management } from './management.ts';
import { statusPayload } from './status.ts';
import type { InstanceFilter, Store } from './store.ts';

export interface ApiRequest {
  readonly method: string;
  /** Decoded path segments behind `/durabletask/`. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface RouteContext {
  readonly store: Store;
  readonly management: Management;
  /** The management URLs of an instance, which a start answers with. */
  readonly managementUrls: (instanceId: string) => Readonly<Record<string, string>>;
}

const continuationHeader = 'x-ms-continuation-token';
const defaultPageSize = 100;

/**
 * The part of the extension's local HTTP API that the JavaScript client uses (azure-functions-durable-extension `HttpApiHandler.cs`).
 * @throws {DurableBackendError} turned into a status by the server
 */
export function route(context: RouteContext, request: ApiRequest): ApiResponse {
  const [collection, id, action, argument] = request.path;
  switch (collection) {
    case 'orchestrators':
      if (request.method === 'POST' && id !== undefined) return start(context, request, id, action);
      break;
    case 'instances':
      if (id === undefined || id === '') return instancesRoute(context, request);
      if (action !== undefined) return actionRoute(context, request, { id, action, argument });
      return instanceRoute(context, request, id);
    case 'entities':
      throw notOffered('entities');
    default:
      break;
  }
  return { status: 404 };
}

function start(
  { management, managementUrls }: RouteContext,
  request: ApiRequest,
  name: string,
  id?: string,
): ApiResponse {
  if (request.query.get('version') !== null) throw notOffered('orchestration versions');
  const instanceId = management.start(name, id || undefined, jsonText(request.body));
  const urls = managementUrls(instanceId);
  return {
    status: 202,
    headers: { location: urls['statusQueryGetUri'] ?? '', 'retry-after': '10' },
    body: urls,
  };
}

function instanceRoute({ store, management }: RouteContext, request: ApiRequest, id: string): ApiResponse {
  if (request.method === 'DELETE') return { status: 200, body: { instancesDeleted: management.purge(id) } };
  if (request.method !== 'GET') return { status: 404 };
  const instance = store.instanceById(id);
  if (instance === undefined) return { status: 404 };
  const history =
    isSet(request.query, 'showHistory') && instance.status !== 'Pending'
      ? store.history(instance.seq)
      : undefined;
  const options = {
    showInput: isSet(request.query, 'showInput', true),
    showHistoryOutput: isSet(request.query, 'showHistoryOutput'),
  };
  return {
    status: isFinished(instance.status) ? 200 : 202,
    body: statusPayload(instance, options, history),
  };
}

function instancesRoute({ store, management }: RouteContext, request: ApiRequest): ApiResponse {
  const filter = filterOf(request.query);
  if (request.method === 'DELETE') {
    if (filter.createdFrom === undefined)
      throw new DurableBackendError('bad-request', "Please provide value for 'createdTimeFrom' parameter.");
    const instancesDeleted = management.purgeBy(filter);
    return instancesDeleted === 0 ? { status: 404 } : { status: 200, body: { instancesDeleted } };
  }
  if (request.method !== 'GET') return { status: 404 };
  const pageSize = positiveInteger(request.query.get('top')) ?? defaultPageSize;
  const token = request.headers[continuationHeader];
  const after = typeof token === 'string' && token !== '' ? positiveInteger(token) : 0;
  if (after === undefined)
    throw new DurableBackendError(
      'bad-request',
      `the ${continuationHeader} is not one that this server gave out`,
    );
  const page = store.listInstances(filter, after, pageSize + 1);
  const shown = page.slice(0, pageSize);
  const last = page.length > pageSize ? shown.at(-1) : undefined;
  const options = { showInput: isSet(request.query, 'showInput', true), showHistoryOutput: false };
  return {
    status: 200,
    headers: last === undefined ? {} : { [continuationHeader]: String(last.seq) },
    body: shown.map((instance) => statusPayload(instance, options)),
  };
}

function actionRoute(
  { management }: RouteContext,
  request: ApiRequest,
  { id, action, argument }: { id: string; action: string; argument?: string },
): ApiResponse {
  if (request.method !== 'POST') return { status: 404 };
  const reason = request.query.get('reason') ?? '';
  switch (action) {
    case 'raiseEvent':
      if (argument === undefined || argument === '') return { status: 404 };
      return raiseEvent(management, request, { id, name: argument });
    case 'terminate':
      management.terminate(id, reason);
      return { status: 202 };
    case 'suspend':
      management.suspend(id, reason);
      return { status: 202 };
    case 'resume':
      management.resume(id, reason);
      return { status: 202 };
    case 'rewind':
    case 'restart':
      throw notOffered(action);
    default:
      return { status: 404 };
  }
}

function raiseEvent(
  management: Management,
  request: ApiRequest,
  event: { id: string; name: string },
): ApiResponse {
  const contentType = request.headers['content-type'];
  if (typeof contentType !== 'string' || !/^application\/json\b/i.test(contentType))
    throw new DurableBackendError('bad-request', 'Only application/json request content is supported');
  management.raiseEvent(event.id, event.name, jsonText(request.body));
  return { status: 202 };
}

/** The body as compact JSON text, or null for an empty one. */
function jsonText(body: string): string | null {
  if (body.trim() === '') return null;
  try {
    return JSON.stringify(JSON.parse(body));
  } catch (error) {
    throw new DurableBackendError('bad-request', `Invalid JSON content: ${messageOf(error)}`);
  }
}

function filterOf(query: URLSearchParams): InstanceFilter {
  const statuses = query
    .getAll('runtimeStatus')
    .flatMap((value) => value.split(','))
    .filter((value): value is RuntimeStatus => (runtimeStatuses as readonly string[]).includes(value));
  return {
    ...(query.has('runtimeStatus') ? { statuses } : {}),
    createdFrom: timeOf(query, 'createdTimeFrom'),
    createdTo: timeOf(query, 'createdTimeTo'),
    idPrefix: query.get('instanceIdPrefix') ?? undefined,
  };
}

function timeOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name);
  if (value === null) return undefined;
  const at = Date.parse(value);
  if (Number.isNaN(at)) throw new DurableBackendError('bad-request', `${name} is not a date: ${value}`);
  return at;
}

function isSet(query: URLSearchParams, name: string, missing = false): boolean {
  const value = query.get(name)?.toLowerCase();
  return value === 'true' || (value !== 'false' && missing);
}

function positiveInteger(text: string | null): number | undefined {
  return text !== null && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
}
