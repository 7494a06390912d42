import { randomInt } from 'node:crypto';
import { expressionBuilder, sql } from 'kysely';
import type { Database, DialectName, Queries, Schema } from '../data/index.ts';
import { firstRows } from '../data/index.ts';
import type { Clock } from '../time/clock.ts';
import type { CommandRow } from './command-view.ts';
import { CamCommandError } from './errors.ts';

/** What the items of a lane want of a workstation; an empty text: anything goes. */
export interface Wanted {
  readonly application: string;
  /** Empty in the lane of items that version 0.1 put in: of those only the application is known. */
  readonly commandType: string;
  readonly postProcessor: string;
  /** As routings name it. */
  readonly machine: string;
}

/** The item of a lane that is to be claimed next. */
export interface Head extends Wanted {
  readonly laneId: number;
  readonly seq: number;
  readonly workItemId: string;
  readonly priority: number;
  readonly turn: number;
}

/** How many items a workstation holds of an application's command type. */
export interface ClaimedCount {
  readonly application: string;
  /** Null for items that version 0.1 put in. */
  readonly commandType: string | null;
  readonly workstation: string;
  readonly count: number;
}

/** Lane of items that version 0.1 put in. */
export const UNKNOWN_LANE = 0;
const MAX_LANE_ID = 2 ** 31 - 1;
const DAY_MS = 24 * 60 * 60_000;
/** How exactly a lane's last use is noted: its row is written once in that time, not with every item. */
const USE_NOTED_MS = DAY_MS;
const UNUSED_MS = 30 * DAY_MS;

/**
 * The lane of a command: what it wants follows from its type, its parameters and the machine of the CAM revision it was ordered for. Made
 * in the transaction that needs it; a twin that makes the same one at the same moment meets a unique violation (`despiteTwin`).
 * @throws {CamCommandError} `routing-not-found` when the CAM revision is gone.
 */
export async function ensureLane(trx: Queries, command: CommandRow, now: string): Promise<number> {
  const postProcessor = postProcessorOf(command);
  const known = await trx
    .selectFrom('CamRevision as revision')
    .leftJoin('CamWorkLane as lane', (join) =>
      join
        .onRef('lane.machine', '=', 'revision.machine')
        .on('lane.application', '=', command.application)
        .on('lane.commandType', '=', command.commandType)
        .on('lane.postProcessor', '=', postProcessor),
    )
    .select(['revision.machine', 'lane.laneId', 'lane.usedAt'])
    .where('revision.routingId', '=', command.routingId)
    .where('revision.camRev', '=', command.camRev)
    .executeTakeFirst();
  if (!known) throw new CamCommandError('routing-not-found');
  const { laneId, usedAt } = known;
  if (laneId !== null && (await isKept(trx, { laneId, usedAt }, now))) return laneId;
  return makeLane(trx, { ...command, postProcessor, machine: known.machine }, now);
}

/** False when the lane has just been removed. Used lately, it is not removed before this transaction has ended, however long that takes. */
async function isKept(
  trx: Queries,
  { laneId, usedAt }: { readonly laneId: number; readonly usedAt: string | null },
  now: string,
): Promise<boolean> {
  if (usedAt !== null && Date.parse(now) - Date.parse(usedAt) < USE_NOTED_MS) return true;
  const { numUpdatedRows } = await trx
    .updateTable('CamWorkLane')
    .set({ usedAt: now })
    .where('laneId', '=', laneId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/**
 * Removes the lanes that nothing has been put into for a month and that hold nothing; how many. Whoever puts something into one at that
 * moment writes its row first (`ensureLane`): either it stays, or a new one is made.
 */
export async function removeUnusedLanes({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: Clock;
}): Promise<number> {
  const before = new Date(clock.now().getTime() - UNUSED_MS).toISOString();
  const { numDeletedRows } = await database.transaction((trx) =>
    trx
      .deleteFrom('CamWorkLane')
      .where('usedAt', '<', before)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('CamWorkItem')
              .select('CamWorkItem.seq')
              .whereRef('CamWorkItem.laneId', '=', 'CamWorkLane.laneId'),
          ),
        ),
      )
      .executeTakeFirst(),
  );
  return Number(numDeletedRows);
}

/** A lane's id is the number its row got, which is known only then: until the next statement it has one that nobody else uses. */
async function makeLane(
  trx: Queries,
  { application, commandType, postProcessor, machine }: Wanted,
  now: string,
): Promise<number> {
  const placeholder = -randomInt(1, MAX_LANE_ID);
  await trx
    .insertInto('CamWorkLane')
    .values({
      laneId: placeholder,
      application,
      commandType,
      postProcessor,
      machine,
      createdAt: now,
      usedAt: now,
    })
    .execute();
  await trx
    .updateTable('CamWorkLane')
    .set((eb) => ({ laneId: eb.ref('seq') }))
    .where('laneId', '=', placeholder)
    .execute();
  const { laneId } = await trx
    .selectFrom('CamWorkLane')
    .select('laneId')
    .where('application', '=', application)
    .where('commandType', '=', commandType)
    .where('postProcessor', '=', postProcessor)
    .where('machine', '=', machine)
    .executeTakeFirstOrThrow();
  return laneId;
}

/** The post-processor that an order names in its parameters; empty when it names none. */
export function postProcessorOf({ parameters }: Pick<CommandRow, 'parameters'>): string {
  const { postProcessor } = JSON.parse(parameters) as { postProcessor?: unknown };
  return typeof postProcessor === 'string' ? postProcessor : '';
}

/**
 * The head of every lane in which an item may be claimed at `now`, in one statement of one shape. Lanes that are empty cost nothing: which
 * are not comes from one pass over the waiting part of IX_CamWorkItem_lane, and each head is the first entry of its part there.
 */
export async function headsOfLanes(
  queries: Queries,
  dialect: DialectName,
  now: string,
): Promise<readonly Head[]> {
  return headsQuery(queries, dialect, now).execute();
}

export function headsQuery(queries: Queries, dialect: DialectName, now: string) {
  const part = expressionBuilder<Schema>();
  const first = (application?: string) => {
    const waiting = part
      .selectFrom('CamWorkItem as waiting')
      .select('waiting.seq')
      .where('waiting.state', '=', 'Waiting')
      .where('waiting.cancelRequested', '=', 0)
      .where('waiting.notBefore', '<=', now)
      .orderBy('waiting.priority', 'desc')
      .orderBy('waiting.turn')
      .orderBy('waiting.seq');
    return firstRows(
      application === undefined
        ? waiting.whereRef('waiting.laneId', '=', sql.ref('lane.laneId'))
        : waiting.where('waiting.laneId', '=', UNKNOWN_LANE).where('waiting.application', '=', application),
      1,
      dialect,
    );
  };
  const unknown = (application: string) =>
    part
      .selectFrom('CamWorkItem as item')
      .select(['item.laneId', 'item.application'])
      .select([
        sql<string>`''`.as('commandType'),
        sql<string>`''`.as('postProcessor'),
        sql<string>`''`.as('machine'),
      ])
      .select(['item.seq', 'item.workItemId', 'item.priority', 'item.turn'])
      .where('item.seq', '=', first(application));
  const busy = part
    .selectFrom('CamWorkItem as waits')
    .select('waits.laneId')
    .distinct()
    .where('waits.state', '=', 'Waiting')
    .as('busy');
  return queries
    .selectFrom(busy)
    .innerJoin('CamWorkLane as lane', 'lane.laneId', 'busy.laneId')
    .innerJoin('CamWorkItem as item', (join) => join.on('item.seq', '=', first()))
    .select(['lane.laneId', 'lane.application', 'lane.commandType', 'lane.postProcessor', 'lane.machine'])
    .select(['item.seq', 'item.workItemId', 'item.priority', 'item.turn'])
    .unionAll(unknown('esprit'))
    .unionAll(unknown('solidworks'));
}

/** What is claimed now, counted from the items themselves: a lease that is lost frees its seat by that. */
export async function claimedCounts(queries: Queries): Promise<readonly ClaimedCount[]> {
  const rows = await queries
    .selectFrom('CamWorkItem as item')
    .leftJoin('CamWorkLane as lane', 'lane.laneId', 'item.laneId')
    .select(['item.application', 'lane.commandType', 'item.workstation'])
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('item.state', '=', 'Claimed')
    .groupBy(['item.application', 'lane.commandType', 'item.workstation'])
    .execute();
  return rows.map((row) => ({ ...row, workstation: row.workstation ?? '', count: Number(row.count) }));
}
