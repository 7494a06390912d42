import type { Database } from '../../../shared/data/index.ts';
import { keyOf, slices } from '../look-up.ts';
import type { RoutingRecord } from './record.ts';

type Codes = Pick<RoutingRecord, 'itemCode' | 'revisionCode' | 'routingCode'>;

export interface KnownStep {
  readonly sequence: number;
  readonly machine: string;
  readonly processDescription: string;
  readonly toolInformation: string | null;
  readonly notes: string | null;
}

/** A routing as it stands; steps are those of its working CAM revision, by sequence. */
export interface KnownRouting {
  readonly name: string;
  readonly machine: string;
  readonly owner: string;
  readonly status: string;
  readonly isMain: boolean;
  readonly steps: readonly KnownStep[];
}

/** What a batch of routings must know of the database. */
export interface Surroundings {
  /** Item revisions that are there, by `keyOf(itemCode, revisionCode)`. */
  readonly revisions: Set<string>;
  /** By `keyOf` of the three codes. */
  readonly routings: Map<string, KnownRouting>;
  /** Codes of main routings, by item revision. */
  readonly mains: Map<string, string>;
}

/** Few enough for three lists in one statement. */
const CODES_PER_QUERY = 500;

export async function readSurroundings(database: Database, wanted: readonly Codes[]): Promise<Surroundings> {
  const revisions = new Set<string>();
  const mains = new Map<string, string>();
  for (const itemCodes of slices(wanted.map(({ itemCode }) => itemCode))) {
    const rows = await database.read
      .selectFrom('ItemRevision')
      .select(['itemCode', 'revisionCode'])
      .where('itemCode', 'in', itemCodes)
      .execute();
    for (const row of rows) revisions.add(keyOf(row.itemCode, row.revisionCode));
    const mainRows = await database.read
      .selectFrom('Routing')
      .select(['itemCode', 'revisionCode', 'routingCode'])
      .where('itemCode', 'in', itemCodes)
      .where('isMain', '=', 1)
      .execute();
    for (const row of mainRows) mains.set(keyOf(row.itemCode, row.revisionCode), row.routingCode);
  }
  return { revisions, mains, routings: await readRoutings(database, wanted) };
}

async function readRoutings(
  database: Database,
  wanted: readonly Codes[],
): Promise<Map<string, KnownRouting>> {
  const routings = new Map<string, KnownRouting>();
  for (const part of slices(wanted, CODES_PER_QUERY)) {
    const rows = await database.read
      .selectFrom('Routing')
      .selectAll()
      .where('itemCode', 'in', [...new Set(part.map(({ itemCode }) => itemCode))])
      .where('routingCode', 'in', [...new Set(part.map(({ routingCode }) => routingCode))])
      .execute();
    const keys = new Set(
      part.map(({ itemCode, revisionCode, routingCode }) => keyOf(itemCode, revisionCode, routingCode)),
    );
    const named = rows.filter((row) => keys.has(keyOf(row.itemCode, row.revisionCode, row.routingCode)));
    const steps = await readSteps(database, named);
    for (const { routingId, itemCode, revisionCode, routingCode, isMain, ...row } of named) {
      const { name, machine, owner, status } = row;
      const content = {
        name,
        machine,
        owner,
        status,
        isMain: isMain === 1,
        steps: steps.get(routingId) ?? [],
      };
      routings.set(keyOf(itemCode, revisionCode, routingCode), content);
    }
  }
  return routings;
}

async function readSteps(
  database: Database,
  routings: readonly { readonly routingId: string; readonly workingCamRev: number }[],
): Promise<Map<string, KnownStep[]>> {
  const workingCamRev = new Map(routings.map((row) => [row.routingId, row.workingCamRev]));
  const steps = new Map<string, KnownStep[]>();
  for (const ids of slices(workingCamRev.keys())) {
    const rows = await database.read
      .selectFrom('RoutingStep')
      .selectAll()
      .where('routingId', 'in', ids)
      .orderBy('routingId')
      .orderBy('sequence')
      .execute();
    for (const { routingId, camRev, sequence, machine, processDescription, toolInformation, notes } of rows) {
      if (camRev !== workingCamRev.get(routingId)) continue;
      const list = steps.get(routingId) ?? [];
      list.push({ sequence, machine, processDescription, toolInformation, notes });
      steps.set(routingId, list);
    }
  }
  return steps;
}
