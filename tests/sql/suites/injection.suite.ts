import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Principal } from '../../../shared/auth/index.ts';
import {
  CommandTypes,
  cancelCommand,
  createAgentService,
  listCommands,
  orderCommand,
} from '../../../shared/cam-commands/index.ts';
import type { Database } from '../../../shared/data/index.ts';
import { createHistoryService } from '../../../shared/history/index.ts';
import { createSqlIdempotencyStore } from '../../../shared/idempotency/index.ts';
import { createItemService } from '../../../shared/items/index.ts';
import { createRoutingService } from '../../../shared/routings/index.ts';
import { memoryContentStore } from '../../support/orchestration-parts.ts';
import { openPair } from './engine.ts';
import { ANY, AT, CHANGE, VIEWER, makeRouting } from './rows.ts';

/** Each would do something, or fail, if a statement were glued together from it. None is longer than a revision code. */
const HOSTILE: readonly [string, string][] = [
  ['a quote', `'`],
  ['a quote that is closed and opened', `' or '1'='1`],
  ['a comment', `x'--`],
  ['a comment in brackets', `'/*x*/'`],
  ['a second statement', `';drop--`],
  ['a batch', `'\nGO\nx`],
  ['doubled quotes', `''''`],
  ['a quote of another script', `\u02BC or 1=1`],
  ['a quote of full width', `\uFF07;x\uFF07`],
  ['a quoted name', `"x"];[y]`],
  ['a parameter', '@1 ? :x $1'],
  ['wildcards', '%_[a]%'],
  ['a backslash', `\\'`],
  ['a variable', '@@version'],
  ['a char()', '+char(39)+'],
];
const TABLES = [
  'Item',
  'ItemRevision',
  'Routing',
  'RoutingStep',
  'CamRevision',
  'CamCommand',
  'HistoryEntry',
] as const;
const clock = { now: () => new Date(AT) };
const commandTypes = CommandTypes.create();

export function injectionSuite(): void {
  let database: Database;
  beforeEach(async () => {
    ({ database } = await openPair());
  });

  const counts = async (): Promise<Record<string, number>> => {
    const entries = [];
    for (const table of TABLES) {
      const { count } = await database.read
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      entries.push([table, count] as const);
    }
    return Object.fromEntries(entries);
  };
  const principal = (name: string): Principal => ({
    subject: name,
    name,
    roles: new Set(['Mcms.Admin', 'Mcms.Engineer']),
    kind: 'user',
  });

  describe.each(HOSTILE)('%s', (_what, text) => {
    it('is only a text in every field of items and revisions', async () => {
      const items = createItemService({ database });
      const change = { ...CHANGE, by: text, comment: text };
      await items.create({ itemCode: 'safe', name: 'safe' }, CHANGE);
      await items.create({ itemCode: text, name: text, description: text }, change);
      await items.change(text, { name: `${text}2`, description: `${text}3` }, { change, expectedVersion: 1 });
      await items.addRevision(
        text,
        { revisionCode: text, description: text },
        { change, expectedVersion: ANY },
      );
      expect(await items.get(text)).toMatchObject({
        itemCode: text,
        name: `${text}2`,
        description: `${text}3`,
        createdBy: text,
        revisions: [{ revisionCode: text, description: text, createdBy: text }],
      });
      expect((await items.list({ q: text, count: 5 })).value.map(({ itemCode }) => itemCode)).toEqual([text]);
      const after = await items.list({ count: 5, after: { seq: 0, value: text } });
      expect(after.value.every(({ itemCode }) => [text, 'safe'].includes(itemCode))).toBe(true);
      expect(await counts()).toMatchObject({ Item: 2, ItemRevision: 1, HistoryEntry: 5 });
    });

    it('is only a text in every field of routings, their steps and their lists', async () => {
      await makeRouting(database);
      const routings = createRoutingService({ database });
      const items = createItemService({ database });
      await items.create({ itemCode: text, name: 'n' }, CHANGE);
      await items.addRevision(text, { revisionCode: text }, { change: CHANGE, expectedVersion: ANY });
      const step = {
        sequence: 10,
        machine: text,
        processDescription: text,
        toolInformation: text,
        notes: text,
      };
      const request = {
        itemCode: text,
        revisionCode: text,
        routingCode: text,
        name: text,
        machine: text,
        steps: [step],
      };
      const { routingId } = await routings.create(VIEWER, request, { ...CHANGE, by: text });
      const changed = await routings.change(VIEWER, routingId, {
        request: { owner: text, name: `${text}2`, steps: [{ ...step, notes: `${text}2` }] },
        change: { ...CHANGE, by: text, comment: text },
        expectedVersion: 1,
      });
      expect(changed).toMatchObject({
        ...request,
        name: `${text}2`,
        owner: text,
        steps: [{ ...step, notes: `${text}2` }],
      });
      for (const filter of [
        { itemCode: text },
        { revisionCode: text },
        { machine: text },
        { owner: text },
        { q: text },
        { itemCode: text, revisionCode: text, machine: text, owner: text, q: text },
      ]) {
        const list = { filter, order: 'name', descending: false, count: 5, withCount: true } as const;
        expect((await routings.list(VIEWER, list)).value.map((row) => row.routingId)).toEqual([routingId]);
      }
      const none = {
        filter: { status: text },
        order: 'createdAt',
        descending: true,
        count: 5,
        withCount: true,
      } as const;
      expect(await routings.list(VIEWER, none)).toMatchObject({ value: [], count: 0 });
      expect(await counts()).toMatchObject({ Item: 2, Routing: 2, RoutingStep: 2, CamRevision: 2 });
    });

    it('is only a text in every filter of history', async () => {
      const items = createItemService({ database });
      await items.create({ itemCode: 'safe', name: 'safe' }, CHANGE);
      await items.create({ itemCode: text, name: text }, { ...CHANGE, by: text, comment: text });
      const history = createHistoryService({ database });
      for (const filter of [{ itemCode: text }, { changedBy: text }, { itemCode: text, changedBy: text }])
        expect((await history.list({ filter, count: 5 })).value).toMatchObject([
          { itemCode: text, currentValue: text, changedBy: text, comment: text },
        ]);
      for (const filter of [{ revisionCode: text }, { changeType: text }, { field: text }]) {
        expect((await history.list({ filter, count: 5 })).value).toEqual([]);
        expect(await history.summarize(filter)).toEqual([]);
      }
      expect(await counts()).toMatchObject({ Item: 2, HistoryEntry: 2 });
    });

    it('is only a text in every field of commands and workstations', async () => {
      const routingId = await makeRouting(database);
      const deps = { database, clock, commandTypes, content: memoryContentStore() };
      const simulated = { routingId, application: 'esprit', commandType: 'Simulate' } as const;
      const safe = await orderCommand(deps, { ...simulated, requestedBy: 'safe' });
      const { command } = await orderCommand(deps, { ...simulated, requestedBy: text });
      await database.transaction((trx) =>
        trx
          .updateTable('CamCommand')
          .set({
            workstation: text,
            errorCode: text,
            errorMessage: text,
            parameters: JSON.stringify({ text }),
          })
          .where('commandId', '=', command.commandId)
          .execute(),
      );
      for (const filter of [{ workstation: text }, { errorCode: text }, { requestedBy: text }, { q: text }]) {
        const { value } = await listCommands(deps, filter, { top: 5 });
        expect(
          value.map(({ commandId, requestedBy, parameters }) => [commandId, requestedBy, parameters]),
        ).toEqual([[command.commandId, text, { text }]]);
      }
      for (const filter of [{ status: text }, { itemCode: text }, { application: text }])
        expect((await listCommands(deps, filter, { top: 5 })).value).toEqual([]);
      await cancelCommand(deps, { commandId: command.commandId, reason: text, principal: principal(text) });
      const reasons = await database.read
        .selectFrom('CamCommand')
        .select(['cancelReason', 'cancelRequestedBy'])
        .orderBy('seq')
        .execute();
      expect(reasons).toEqual([
        { cancelReason: null, cancelRequestedBy: null },
        { cancelReason: text, cancelRequestedBy: text },
      ]);

      const agent = createAgentService(deps);
      await agent.announce(text, {
        schemaVersion: 1,
        workstation: text,
        bootId: randomUUID(),
        agentVersion: text,
        applications: ['esprit'],
        seats: 1,
      });
      const claim = {
        schemaVersion: 1,
        workstation: text,
        claimId: randomUUID(),
        applications: ['esprit'],
      } as const;
      expect(await agent.claim(text, { ...claim, applications: ['esprit'] })).toBeUndefined();
      const names = await database.read
        .selectFrom('Workstation')
        .select(['name', 'subject', 'agentVersion'])
        .execute();
      expect(names).toEqual([{ name: text, subject: text, agentVersion: text }]);
      expect(await counts()).toMatchObject({ CamCommand: 2 });
      expect(safe.command.status).toBe('Queued');
    });

    it('is only a text in an idempotency key and the answer it keeps', async () => {
      const store = createSqlIdempotencyStore({ database, clock });
      const scope = { subject: text, method: 'POST', path: text, key: text };
      const response = { status: 201, headers: { Location: text }, body: text };
      const hash = '1'.repeat(64);
      await store.run(scope, hash, async () => response);
      const again = await store.run(scope, hash, async () => ({ ...response, status: 500 }));
      expect(again).toEqual({ response, replayed: true });
    });
  });
}
