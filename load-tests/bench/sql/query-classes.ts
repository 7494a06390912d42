import { silentNotices } from '../../../shared/notifications/index.ts';
import { randomUUID } from 'node:crypto';
import {
  CommandTypes,
  createAgentService,
  enqueueAttempt,
  orderCommand,
} from '../../../shared/cam-commands/index.ts';
import type { Database } from '../../../shared/data/index.ts';
import type { ContentStore } from '../../../shared/files/index.ts';
import { createHistoryService } from '../../../shared/history/index.ts';
import { createRoutingService } from '../../../shared/routings/index.ts';
import { systemClock } from '../../../shared/time/clock.ts';

/** One use of the product, as its HTTP functions make it. */
export interface QueryClass {
  readonly name: string;
  /** What the product may take, in times of the bare driver; none for writes, whose time is the disk's. */
  readonly limit?: number;
  readonly rounds: number;
  /** Writes: each use needs statements of its own. */
  readonly writes: boolean;
  readonly use: (database: Database) => Promise<unknown>;
}

const LIMIT = 1.15;
const READ_ROUNDS = 400;
const WRITE_ROUNDS = 60;
export const WARM_UP_ROUNDS = 20;
const WORKSTATION = 'BENCH-01';
const SUBJECT = 'bench';
const WORKING = { view: 'working', allowedActions: [] } as const;

/** Needs the demo shop. */
export async function queryClasses(database: Database): Promise<QueryClass[]> {
  const long = await findRouting(database, 'DEMO-200');
  const ordered = await findRouting(database, 'DEMO-500');
  await fillWorkQueue(database, ordered);
  const filter = { itemCode: 'DEMO-500', revisionCode: 'A' };
  const page = { filter, order: 'createdAt', descending: false, count: 500, withCount: false } as const;
  const read = { writes: false, rounds: READ_ROUNDS };
  const write = { writes: true, rounds: WRITE_ROUNDS };
  return [
    {
      ...read,
      name: 'routing list of 500',
      limit: LIMIT,
      use: (db) => createRoutingService({ database: db }).list(WORKING, page),
    },
    {
      ...read,
      name: 'history page of 500',
      limit: LIMIT,
      use: (db) => createHistoryService({ database: db }).list({ filter: { routingId: long }, count: 500 }),
    },
    {
      ...read,
      name: 'summary of 200 CAM revisions',
      rounds: READ_ROUNDS / 4,
      use: (db) => createHistoryService({ database: db }).summarize({ routingId: long }),
    },
    { ...write, name: 'order of a command', use: (db) => order(db, ordered) },
    {
      ...write,
      name: 'claim of a command',
      use: async (db) => {
        const request = {
          workstation: WORKSTATION,
          claimId: randomUUID(),
          applications: ['esprit' as const],
        };
        const job = await agents(db).claim(SUBJECT, { schemaVersion: 1, ...request });
        if (!job) throw new Error('the work queue is empty: nothing was claimed');
      },
    },
  ];
}

async function findRouting({ read }: Database, itemCode: string): Promise<string> {
  const query = read
    .selectFrom('Routing')
    .select('routingId')
    .where('itemCode', '=', itemCode)
    .orderBy('seq');
  return (await query.executeTakeFirstOrThrow()).routingId;
}

const commandTypes = CommandTypes.create();

function order(database: Database, routingId: string) {
  return orderCommand(
    { database, clock: systemClock, commandTypes },
    { routingId, application: 'esprit', commandType: 'GenerateNcProgram', requestedBy: SUBJECT },
  );
}

/** Work for every claim of both sides, and the workstation that takes it. */
async function fillWorkQueue(database: Database, routingId: string): Promise<void> {
  const applications = ['esprit' as const];
  await agents(database).announce(SUBJECT, {
    schemaVersion: 1,
    workstation: WORKSTATION,
    bootId: randomUUID(),
    agentVersion: '1',
    applications,
    seats: 1,
  });
  for (let count = 0; count < 2 * (WRITE_ROUNDS + WARM_UP_ROUNDS); count += 1) {
    const { command } = await order(database, routingId);
    const key = { commandId: command.commandId, run: 1, attempt: 1 };
    await enqueueAttempt({ database, clock: systemClock, commandTypes, notices: silentNotices }, key);
  }
}

function agents(database: Database) {
  return createAgentService({ database, clock: systemClock, commandTypes, content: noContent });
}

/** The demo shop has no files. */
const noContent = new Proxy({} as ContentStore, {
  get() {
    throw new Error('the demo shop has no files to be linked to');
  },
});
