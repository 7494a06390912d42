import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { dirname, join } from 'node:path';
import { clientOf, newRouting, order, type Client } from '../e2e/client.ts';
import { awayMs, createItem, during, expectUnavailable } from '../support/faults-away.ts';
import { commandStatuses, databasePath, untilSettled } from '../support/faults-database.ts';
import { ledgerPath } from '../support/faults-ledger.ts';
import { openProducer, type Producer } from '../support/faults-producer.ts';
import { refusedMessages } from '../support/faults-queues.ts';
import { lockDatabase, moveDatabaseAway, unlockDatabase } from '../support/faults-sql-away.ts';
import { findViolations } from '../support/invariants.ts';
import { startStack, until, type TestStack } from '../support/stack.ts';
import { tablesOfFile } from '../support/tables.ts';

/** How long the database is away in all: half of it locked, half of it gone. `MCMS_TEST_SQL_AWAY_SECONDS` shortens it. */
const AWAY_MS = awayMs(60);
const COMMANDS = 20;

let stack: TestStack;
let engineer: Client;
let producer: Producer;
beforeAll(async () => {
  stack = await startStack({
    cmdhosts: 1,
    env: { MCMS_SIMULATOR_DURATION: 'PT0.5S', CamCommands__GenerateNcProgram__FirstDelay: 'PT0.2S' },
  });
  engineer = await clientOf(stack);
  producer = openProducer(stack.serviceBusConnection);
}, 60_000);
afterAll(async () => {
  await producer?.[Symbol.asyncDispose]();
  await stack?.stop();
});

describe(`a database that is away for ${AWAY_MS / 1000} s`, () => {
  it(
    'costs waiting and nothing else',
    async () => {
      const path = databasePath(stack);
      const readTable = tablesOfFile(path);
      const routing = await newRouting(engineer);
      const ordered: string[] = [];
      for (let count = 0; count < COMMANDS / 2; count += 1)
        ordered.push((await order(engineer, routing.routingId)).commandId);

      const holder = await lockDatabase(path);
      while (ordered.length < COMMANDS) ordered.push(await producer.send(routing.routingId, {}));
      const atStart = await commandStatuses(readTable);
      const openAtStart = ordered.filter((id) => atStart.get(id) !== 'Succeeded');
      expect(openAtStart.length).toBeGreaterThan(COMMANDS / 2);
      await during(AWAY_MS / 2, async () => {
        expectUnavailable(await createItem(engineer));
        expect((await engineer.call('GET', '/health/live')).status).toBe(200);
      });
      await unlockDatabase(holder);

      const moveBack = await moveDatabaseAway(path, join(dirname(path), 'elsewhere'));
      const readiness: number[] = [];
      await during(AWAY_MS / 2, async () => {
        expectUnavailable(await engineer.call('GET', '/routings'));
        expectUnavailable(await createItem(engineer));
        readiness.push((await engineer.call('GET', '/health/ready')).status);
        expect((await engineer.call('GET', '/health/live')).status).toBe(200);
      });
      // What readiness says is up to five seconds old.
      expect(readiness.slice(-3)).toEqual([503, 503, 503]);
      await moveBack();

      await untilSettled(readTable, ordered, 90_000);
      const statuses = await commandStatuses(readTable);
      expect(statuses.size).toBe(COMMANDS);
      expect(new Set(statuses.values())).toEqual(new Set(['Succeeded']));
      const evidence = {
        readTable,
        ledgerPath: ledgerPath(stack.stateDir),
        blobConnection: stack.blobConnection,
      };
      expect(await findViolations(evidence)).toEqual([]);
      expect(await refusedMessages(stack.serviceBusConnection)).toEqual([]);
      await until(
        async () => (await engineer.call('GET', '/health/ready')).status === 200,
        'readiness to be 200 again',
        10_000,
      );
      expect((await createItem(engineer)).status).toBe(201);
    },
    AWAY_MS + 150_000,
  );
});
