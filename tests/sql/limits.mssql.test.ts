import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Database, DatabaseUnavailableError, openDatabase } from '../../shared/data/index.ts';
import { addItem, countItems, newCode } from '../support/faults-retries.ts';
import { type FaultyDatabase, createFaultyDatabase } from '../support/faults-sql-server.ts';
import { until } from '../support/stack.ts';
import type { TdsProxy } from '../support/tds-proxy.ts';

/** No try begins after ten seconds (`TRANSACTION_RETRY.budgetMs`); what one takes is added. */
const BUDGET_MS = 10_000;

let server: FaultyDatabase;
let proxy: TdsProxy;
const opened: Database[] = [];
beforeAll(async () => {
  server = await createFaultyDatabase();
  proxy = server.proxy;
});
afterEach(async () => {
  proxy.clear();
  await proxy.accept();
  for (const database of opened.splice(0)) await database.close();
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** Through the proxy; closed after the test. */
async function open(settings: Readonly<Record<string, string>> = {}): Promise<Database> {
  const database = await openDatabase(server.through(settings));
  opened.push(database);
  return database;
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

describe('a pool that is used up', () => {
  it('lets those who wait go in time, and all connections are of use after that', async () => {
    const database = await open({ 'max pool size': '2', 'connect timeout': '1' });
    const name = newCode();
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    let inside = 0;
    const slow = () =>
      database.transaction(async (trx) => {
        inside += 1;
        await addItem(trx, name);
        await released;
      });
    const holders = [slow(), slow()];
    await until(() => inside === 2, 'two transactions to hold the connections');

    const waitMs = await elapsedMs(() =>
      Promise.all([1, 2, 3].map(() => expect(slow()).rejects.toThrow(DatabaseUnavailableError))),
    );
    expect(waitMs).toBeLessThan(BUDGET_MS + 5_000);
    release();
    await Promise.all(holders);

    inside = 0;
    await Promise.all([slow(), slow(), slow(), slow()]);
    expect(await countItems(server.direct.read, name)).toBe(6);
    expect(proxy.openConnections).toBe(2);
  });
});

describe('a database that answers too slowly', () => {
  it('fails a read in time, and gives out no connection that is in between', async () => {
    const database = await open({ 'command timeout': '1', 'max pool size': '1' });
    const name = newCode();
    await server.direct.transaction((trx) => addItem(trx, name));
    expect(await countItems(database.read, name)).toBe(1);
    proxy.delayMs = 2_000;
    const waitMs = await elapsedMs(() =>
      expect(countItems(database.read, name)).rejects.toThrow(DatabaseUnavailableError),
    );
    // One second, and the answer to the cancellation comes as late as any other.
    expect(waitMs).toBeLessThan(BUDGET_MS + 6_000);
    proxy.clear();
    for (let again = 0; again < 3; again += 1) expect(await countItems(database.read, name)).toBe(1);
  });

  it('fails a transaction in time, which leaves nothing behind', async () => {
    const database = await open({ 'command timeout': '1', 'max pool size': '1' });
    const name = newCode();
    await database.transaction((trx) => addItem(trx, name));
    const waitMs = await elapsedMs(() =>
      expect(
        database.transaction(async (trx) => {
          proxy.delayMs = 2_000;
          await addItem(trx, name);
        }),
      ).rejects.toThrow(DatabaseUnavailableError),
    );
    expect(waitMs).toBeLessThan(BUDGET_MS + 20_000);
    proxy.clear();
    await database.transaction((trx) => addItem(trx, name));
    expect(await countItems(server.direct.read, name)).toBe(2);
  });
});

describe('a database that is away', () => {
  it('is told within a few seconds, and found again without further ado', async () => {
    const database = await open();
    const name = newCode();
    await database.transaction((trx) => addItem(trx, name));
    await proxy.refuse();
    proxy.dropConnections();
    for (const call of [
      () => countItems(database.read, name),
      () => database.transaction((trx) => addItem(trx, name)),
      () => database.check(),
      () => database.readReplica((queries) => countItems(queries, name)),
    ]) {
      const waitMs = await elapsedMs(() => expect(call()).rejects.toThrow(DatabaseUnavailableError));
      expect(waitMs).toBeLessThan(5_000);
    }
    // As many at once as the pool has connections, and more.
    const waitMs = await elapsedMs(() =>
      Promise.all(
        Array.from({ length: 40 }, () => expect(database.check()).rejects.toThrow(DatabaseUnavailableError)),
      ),
    );
    expect(waitMs).toBeLessThan(15_000);

    await proxy.accept();
    expect(await countItems(database.read, name)).toBe(1);
    await database.transaction((trx) => addItem(trx, name));
    expect(await countItems(server.direct.read, name)).toBe(2);
  });
});

describe('a read replica that is away', () => {
  it('leaves its reads to the primary', async () => {
    const replica = await server.startProxy();
    const database = await openDatabase(server.through(), { replica: server.through({}, replica) });
    opened.push(database);
    const name = newCode();
    await database.transaction((trx) => addItem(trx, name));
    const read = () => database.readReplica((queries) => countItems(queries, name));

    expect(await read()).toBe(1);
    expect(replica.requests).toContain('query');
    await replica.refuse();
    replica.dropConnections();
    expect(await elapsedMs(async () => expect(await read()).toBe(1))).toBeLessThan(5_000);
    // It is left alone for a while.
    expect(await elapsedMs(async () => expect(await read()).toBe(1))).toBeLessThan(500);
  });
});
