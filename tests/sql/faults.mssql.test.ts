import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, DatabaseUnavailableError, openDatabase } from '../../shared/data/index.ts';
import { TRANSACTION_RETRY } from '../../shared/data/retry.ts';
import { withLogSink } from '../../shared/telemetry/logger.ts';
import { type RetryWatch, addItem, countItems, newCode, watchRetries } from '../support/faults-retries.ts';
import { type FaultyDatabase, createFaultyDatabase } from '../support/faults-sql-server.ts';
import type { RequestKind } from '../support/tds-messages.ts';
import type { Fault, TdsProxy } from '../support/tds-proxy.ts';

const LOST = /^(ESOCKET|ECONNRESET|ECLOSE|EPIPE)$/;

let server: FaultyDatabase;
let proxy: TdsProxy;
let database: Database;
let watch: RetryWatch;
beforeAll(async () => {
  server = await createFaultyDatabase();
  proxy = server.proxy;
  database = await openDatabase(server.through());
  watch = await watchRetries();
});
afterEach(async () => {
  proxy.clear();
  await proxy.accept();
});
afterAll(async () => {
  await watch?.stop();
  await database?.close();
  await server?.[Symbol.asyncDispose]();
});

/** A transaction that adds an item; tells how often it ran. */
function adding(name: string, at: (run: number) => void | Promise<void> = () => {}) {
  let runs = 0;
  return {
    work: () =>
      database.transaction(async (trx) => {
        runs += 1;
        await at(runs);
        await addItem(trx, name);
        return `run ${runs}`;
      }),
    runs: () => runs,
  };
}

describe('a connection that is lost', () => {
  it('in the middle of a read costs another try', async () => {
    const name = newCode();
    await server.direct.transaction((trx) => addItem(trx, name));
    proxy.failNext('query', { kind: 'dropAnswer' });
    const { value, causes } = await watch.retriesOf(() => countItems(database.read, name));
    expect(value).toBe(1);
    expect(causes).toEqual([expect.stringMatching(LOST)]);
  });

  it('in the middle of a long answer costs another try', async () => {
    const name = newCode();
    await server.direct.transaction(async (trx) => {
      for (let count = 0; count < 500; count += 1) await addItem(trx, name);
    });
    proxy.failNext('query', { kind: 'cutAnswer', afterBytes: 10_001 });
    const { value, causes } = await watch.retriesOf(() =>
      database.read.selectFrom('Item').selectAll().where('name', '=', name).execute(),
    );
    expect(value).toHaveLength(500);
    expect(new Set(value.map(({ itemId }) => itemId)).size).toBe(500);
    expect(causes).toEqual([expect.stringMatching(LOST)]);
  });

  it('while nobody uses it is not given out any more', async () => {
    await database.check();
    proxy.dropConnections();
    await delay(50);
    const { causes } = await watch.retriesOf(() => database.check());
    expect(causes).toEqual([]);
  });

  it.each<RequestKind>(['begin', 'query'])('in a transaction, at %s, repeats the whole', async (kind) => {
    const name = newCode();
    // At begin it never runs; else its own first statement is hit.
    if (kind === 'begin') proxy.failNext('begin', { kind: 'dropAnswer' });
    const adds = adding(name, (run) => {
      if (kind === 'query' && run === 1) proxy.failNext('query', { kind: 'dropAnswer' });
    });
    const { causes } = await watch.retriesOf(adds.work);
    expect(causes).toEqual([expect.stringMatching(LOST)]);
    expect(adds.runs()).toBe(kind === 'begin' ? 1 : 2);
    expect(await countItems(server.direct.read, name)).toBe(1);
  });
});

describe('a connection that is lost at commit', () => {
  it('repeats what the server never committed', async () => {
    const name = newCode();
    proxy.failNext('commit', { kind: 'dropBefore' });
    expect(await adding(name).work()).toBe('run 2');
    expect(await countItems(server.direct.read, name)).toBe(1);
  });

  it('repeats nothing that the server did commit', async () => {
    const name = newCode();
    const adds = adding(name);
    proxy.failNext('commit', { kind: 'dropAnswer' });
    expect(await adds.work()).toBe('run 1');
    expect(adds.runs()).toBe(1);
    expect(await countItems(server.direct.read, name)).toBe(1);
  });

  it('has one effect, whoever is first: the commit on its way or the question what became of it', async () => {
    for (let round = 0; round < 10; round += 1) {
      const name = newCode();
      const adds = adding(name);
      proxy.failNext('commit', { kind: 'dropAfter' });
      expect(await adds.work()).toBe(`run ${adds.runs()}`);
      expect(await countItems(server.direct.read, name)).toBe(1);
    }
  });

  it.each([40_197, 40_613])(
    'repeats nothing that the server did commit and answered with %i',
    async (number) => {
      const name = newCode();
      const adds = adding(name);
      proxy.failNext('commit', { kind: 'errorAnswer', error: { number, message: 'going away' } });
      expect(await adds.work()).toBe('run 1');
      expect(await countItems(server.direct.read, name)).toBe(1);
    },
  );

  it('learns what became of it when the server is back', async () => {
    const name = newCode();
    const adds = adding(name);
    proxy.failNext('commit', { kind: 'dropAnswer' });
    await database.check();
    await proxy.refuse();
    const outcome = adds.work();
    await delay(300);
    await proxy.accept();
    expect(await outcome).toBe('run 1');
    expect(await countItems(server.direct.read, name)).toBe(1);
  });

  it('repeats nothing while it cannot learn what became of it', async () => {
    const name = newCode();
    // As often as it asks: whoever gave up asking and began anew would get through.
    const adds = adding(name, () => {
      proxy.failNext('begin', { kind: 'dropBefore' }, TRANSACTION_RETRY.attempts);
    });
    proxy.failNext('commit', { kind: 'dropAnswer' });
    await expect(adds.work()).rejects.toThrow(DatabaseUnavailableError);
    expect(adds.runs()).toBe(1);
    expect(await countItems(server.direct.read, name)).toBe(1);
  });

  it.each<Fault>([
    { kind: 'dropBefore' },
    { kind: 'dropAnswer' },
    { kind: 'error', error: { number: 40_613, message: 'away' } },
  ])('takes its own question for no answer, when that is lost too: %j', async (fault) => {
    const name = newCode();
    const adds = adding(name);
    // The commit never gets there; the one after it is that of the question.
    proxy.failNext('commit', { kind: 'dropBefore' });
    proxy.failNext('commit', fault);
    expect(await adds.work()).toBe('run 2');
    expect(await countItems(server.direct.read, name)).toBe(1);
  });

  it('asks again when the question got no answer', async () => {
    const name = newCode();
    // The transaction has begun by then: the next two begin the question.
    const adds = adding(name, () => proxy.failNext('begin', { kind: 'dropAnswer' }, 2));
    proxy.failNext('commit', { kind: 'dropAnswer' });
    const { value, causes } = await watch.retriesOf(adds.work);
    expect(value).toBe('run 1');
    expect(causes).toHaveLength(2);
    expect(await countItems(server.direct.read, name)).toBe(1);
  });
});

describe('an error in place of an answer', () => {
  const errorOf = (number: number) =>
    ({ kind: 'error', error: { number, message: `error ${number}` } }) as const;

  it.each([40_613, 40_197, 49_918, 10_928, 40_501])('%i is waited out', async (number) => {
    const name = newCode();
    proxy.failNext('query', errorOf(number), 2);
    const read = await watch.retriesOf(() => countItems(database.read, name));
    expect(read.causes).toEqual([String(number), String(number)]);

    for (const kind of ['begin', 'query', 'commit'] as const) {
      proxy.failNext(kind, errorOf(number));
      const { causes } = await watch.retriesOf(adding(name).work);
      expect([kind, causes]).toEqual([kind, [String(number)]]);
    }
    expect(await countItems(server.direct.read, name)).toBe(3);
  });

  it.each([547, 18_456])('%i is what the caller gets', async (number) => {
    const name = newCode();
    for (const kind of ['begin', 'query'] as const) {
      const before = proxy.requests.filter((request) => request === kind).length;
      proxy.failNext(kind, errorOf(number));
      await expect(adding(name).work()).rejects.toMatchObject({ number });
      expect(proxy.requests.filter((request) => request === kind)).toHaveLength(before + 1);
    }
    proxy.failNext('query', errorOf(number));
    await expect(countItems(database.read, name)).rejects.toMatchObject({ number });
    expect(await countItems(server.direct.read, name)).toBe(0);
    expect(await adding(name).work()).toBe('run 1');
  });
});

describe('an error in place of a login', () => {
  const PASSWORD = 'hunter2';

  it.each([40_613, 40_197, 49_918, 10_928, 40_501, 4060])('%i is waited out', async (number) => {
    await using fresh = await openFresh();
    proxy.failNext('login', { kind: 'error', error: { number, message: 'not now' } }, 2);
    const { causes } = await watch.retriesOf(() => fresh.database.check());
    expect(causes).toEqual([String(number), String(number)]);
  });

  it('18456 is told at once, and without the password', async () => {
    await using fresh = await openFresh({ password: PASSWORD });
    const error = { number: 18_456, message: "Login failed for user 'app'." };
    proxy.failNext('login', { kind: 'error', error }, 20);
    const logged: string[] = [];
    const before = proxy.requests.filter((kind) => kind === 'login').length;
    const thrown = await withLogSink(
      (_level, line) => logged.push(line),
      () => fresh.database.transaction((trx) => addItem(trx, 'never')).catch((reason: unknown) => reason),
    );
    expect(proxy.requests.filter((kind) => kind === 'login')).toHaveLength(before + 1);
    expect(thrown).toBeInstanceOf(DatabaseUnavailableError);
    expect(thrown).toMatchObject({ passing: false, cause: { code: 'ELOGIN', message: error.message } });
    expect(logged.join('\n')).toContain('the database lets nobody in');
    expect(JSON.stringify([String(thrown), ...logged])).not.toContain(PASSWORD);
  });

  async function openFresh(settings: Readonly<Record<string, string>> = {}) {
    const fresh = await openDatabase(server.through(settings));
    return { database: fresh, [Symbol.asyncDispose]: () => fresh.close() };
  }
});

describe('two transactions in each other’s way', () => {
  it('both succeed in the end', async () => {
    const [one, other] = [newCode(), newCode()];
    await server.direct.transaction((trx) => addItem(trx, one));
    await server.direct.transaction((trx) => addItem(trx, other));
    let waiting = 2;
    let meet = (): void => {};
    const met = new Promise<void>((resolve) => (meet = resolve));
    const change = async (first: string, second: string) => {
      let runs = 0;
      await database.transaction(async (trx) => {
        const rename = (name: string) =>
          trx
            .updateTable('Item')
            .set((item) => ({ version: item('version', '+', 1) }))
            .where('name', '=', name)
            .execute();
        runs += 1;
        await rename(first);
        waiting -= 1;
        if (waiting === 0) meet();
        await met;
        await rename(second);
      });
      return runs;
    };
    const { value, causes } = await watch.retriesOf(() =>
      Promise.all([change(one, other), change(other, one)]),
    );
    expect(causes).toEqual(['1205']);
    expect(value.toSorted()).toEqual([1, 2]);
    const rows = await server.direct.read
      .selectFrom('Item')
      .select('version')
      .where('name', 'in', [one, other])
      .execute();
    expect(rows.map(({ version }) => version)).toEqual([3, 3]);
  });
});
