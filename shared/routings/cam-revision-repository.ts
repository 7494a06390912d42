import type { Selectable } from 'kysely';
import type {
  CamRevisionTable,
  Queries,
  RoutingFileTable,
  RoutingStepTable,
  RoutingTable,
} from '../data/index.ts';

export type RoutingRow = Selectable<RoutingTable>;
export type CamRevisionRow = Selectable<CamRevisionTable>;
export type StepRow = Selectable<RoutingStepTable>;
export type FileRow = Selectable<RoutingFileTable>;

/** A CAM revision with everything that belongs to it. */
export interface CamRevisionContent extends CamRevisionRow {
  /** By `sequence`. */
  readonly steps: readonly StepRow[];
  /** Verified files, oldest first. */
  readonly files: readonly FileRow[];
}

export function findRouting(queries: Queries, routingId: string): Promise<RoutingRow | undefined> {
  return queries.selectFrom('Routing').selectAll().where('routingId', '=', routingId).executeTakeFirst();
}

/** One CAM revision with its steps and files; undefined when the routing has none of that number. */
export async function readCamRevision(
  queries: Queries,
  routingId: string,
  camRev: number,
): Promise<CamRevisionContent | undefined> {
  const revision = await queries
    .selectFrom('CamRevision')
    .selectAll()
    .where('routingId', '=', routingId)
    .where('camRev', '=', camRev)
    .executeTakeFirst();
  if (!revision) return undefined;
  const steps = await readSteps(queries, routingId, camRev);
  return { ...revision, steps, files: await readFiles(queries, routingId, camRev) };
}

export function readSteps(queries: Queries, routingId: string, camRev: number): Promise<StepRow[]> {
  return queries
    .selectFrom('RoutingStep')
    .selectAll()
    .where('routingId', '=', routingId)
    .where('camRev', '=', camRev)
    .orderBy('sequence')
    .execute();
}

export function readFiles(queries: Queries, routingId: string, camRev: number): Promise<FileRow[]> {
  return queries
    .selectFrom('RoutingFile')
    .selectAll()
    .where('routingId', '=', routingId)
    .where('camRev', '=', camRev)
    .orderBy('seq')
    .execute();
}

/** Every CAM revision of a routing, newest first, without steps and files. */
export function listCamRevisions(queries: Queries, routingId: string): Promise<CamRevisionRow[]> {
  return queries
    .selectFrom('CamRevision')
    .selectAll()
    .where('routingId', '=', routingId)
    .orderBy('camRev', 'desc')
    .execute();
}
