import { randomUUID } from 'node:crypto';
import { type Database, type PageKey, cutPage, isUniqueViolation } from '../data/index.ts';
import type { Change } from '../history/index.ts';
import {
  type CamRevisionContent,
  findRouting,
  listCamRevisions,
  readCamRevision,
} from './cam-revision-repository.ts';
import { type RoutingChange, changeRouting } from './change-routing.ts';
import type {
  CamRevision,
  CamRevisionDetail,
  CreateRoutingRequest,
  Routing,
  RoutingDetail,
} from './contracts.ts';
import { insertRouting } from './create-routing.ts';
import { RoutingError, camRevisionNotFound, routingNotFound } from './errors.ts';
import { lastCommandQuery } from './last-command.ts';
import { type RoutingPageRequest, routingCountQuery, routingPage } from './list-query.ts';
import type { Viewer } from './viewer.ts';
import {
  toCamRevision,
  toFile,
  toLastCommand,
  toReleasedRouting,
  toRouting,
  toStep,
  toWorkingRouting,
} from './views.ts';

export interface RoutingPage {
  readonly value: Routing[];
  /** Position after the last routing; undefined on the last page. */
  readonly next?: PageKey | undefined;
  readonly count?: number;
}

/** Use cases of routings. What a viewer may not know of is `routing-not-found` to them; reads never throw for other reasons. */
export interface RoutingService {
  list(viewer: Viewer, request: RoutingPageRequest & { readonly withCount: boolean }): Promise<RoutingPage>;
  /** @throws {RoutingError} `routing-not-found` */
  get(viewer: Viewer, routingId: string): Promise<RoutingDetail>;
  /** @throws {RoutingError} `item-revision-unknown`, `routing-exists` */
  create(viewer: Viewer, request: CreateRoutingRequest, change: Change): Promise<RoutingDetail>;
  /** @throws {RoutingError} `routing-not-found`, `precondition-failed` */
  change(viewer: Viewer, routingId: string, change: RoutingChange): Promise<RoutingDetail>;
  /** Newest first. @throws {RoutingError} `routing-not-found` */
  listCamRevisions(viewer: Viewer, routingId: string): Promise<CamRevision[]>;
  /** @throws {RoutingError} `routing-not-found`, `cam-revision-not-found` */
  getCamRevision(viewer: Viewer, routingId: string, camRev: number): Promise<CamRevisionDetail>;
}

export function createRoutingService({ database }: { database: Database }): RoutingService {
  const { read } = database;

  const find = async (viewer: Viewer, routingId: string) => {
    const row = await findRouting(read, routingId);
    if (!row || (viewer.view === 'floor' && row.releasedCamRev === null)) throw routingNotFound(routingId);
    return row;
  };

  // The row comes first: content that changes while it is read then only makes the version look older than it is.
  const get = async (viewer: Viewer, routingId: string): Promise<RoutingDetail> => {
    const row = await find(viewer, routingId);
    const { allowedActions, view } = viewer;
    const shown = view === 'floor' ? (row.releasedCamRev ?? 0) : row.workingCamRev;
    const revision = await readCamRevision(read, routingId, shown);
    if (!revision) throw camRevisionNotFound(routingId, shown);
    const command =
      view === 'floor' ? undefined : await lastCommandQuery(database, routingId).executeTakeFirst();
    return {
      ...(view === 'floor' ? toReleasedRouting(row, revision) : toWorkingRouting(row)),
      ...content(revision),
      allowedActions: [...allowedActions],
      lastCommand: command ? toLastCommand(command) : null,
    };
  };

  return {
    get,
    list: async (viewer, { withCount, ...request }) => {
      const query = routingPage(database, { ...request, view: viewer.view, count: request.count + 1 });
      const { rows } = await read.executeQuery(query);
      const { shown, last } = cutPage(rows, request.count);
      const total = withCount
        ? await routingCountQuery(database, viewer.view, request.filter).executeTakeFirstOrThrow()
        : undefined;
      return {
        value: shown.map(toRouting),
        ...(last && { next: pageKey(last, request.order) }),
        ...(total && { count: total.count }),
      };
    },
    create: async (viewer, request, change) => {
      const routingId = randomUUID();
      try {
        await database.transaction((trx) => insertRouting(trx, routingId, { request, change }));
      } catch (error) {
        throw isUniqueViolation(error) ? routingExists(request) : error;
      }
      return await get(viewer, routingId);
    },
    change: async (viewer, routingId, change) => {
      await database.transaction((trx) => changeRouting(trx, routingId, change));
      return await get(viewer, routingId);
    },
    listCamRevisions: async (viewer, routingId) => {
      const routing = await find(viewer, routingId);
      const revisions = await listCamRevisions(read, routingId);
      return revisions
        .filter(({ camRev }) => viewer.view === 'working' || camRev === routing.releasedCamRev)
        .map((revision) => toCamRevision(routing, revision));
    },
    getCamRevision: async (viewer, routingId, camRev) => {
      const routing = await find(viewer, routingId);
      const visible = viewer.view === 'working' || camRev === routing.releasedCamRev;
      const revision = visible ? await readCamRevision(read, routingId, camRev) : undefined;
      if (!revision) throw camRevisionNotFound(routingId, camRev);
      return { ...toCamRevision(routing, revision), ...content(revision) };
    },
  };
}

function content(revision: CamRevisionContent) {
  return { steps: revision.steps.map(toStep), files: revision.files.map(toFile) };
}

type OrderedRow = { readonly seq: number } & Readonly<
  Record<Exclude<RoutingPageRequest['order'], 'createdAt'>, string>
>;

function pageKey(row: OrderedRow, order: RoutingPageRequest['order']): PageKey {
  return order === 'createdAt' ? { seq: row.seq } : { seq: row.seq, value: row[order] };
}

function routingExists({ itemCode, revisionCode, routingCode }: CreateRoutingRequest): RoutingError {
  return new RoutingError(
    'routing-exists',
    `Revision ${revisionCode} of item ${itemCode} has a routing ${routingCode} already.`,
    { errors: [{ path: 'routingCode', message: 'is taken' }] },
  );
}
