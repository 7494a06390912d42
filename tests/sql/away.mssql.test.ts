import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOf, newRouting, order, type Client } from '../e2e/client.ts';
import { awayMs, createItem, during, expectUnavailable } from '../support/faults-away.ts';
import { commandStatuses, untilSettled } from '../support/faults-database.ts';
import { ledgerPath } from '../support/faults-ledger.ts';
import { openProducer, type Producer } from '../support/faults-producer.ts';
import { refusedMessages } from '../support/faults-queues.ts';
import { type FaultyDatabase, createFaultyDatabase } from '../support/faults-sql-server.ts';
import { findViolations } from '../support/invariants.ts';
import { startStack, until, type TestStack } from '../support/stack.ts';
import { type ReadTable, tablesOf } from '../support/tables.ts';

/** `MCMS_TEST_SQL_AWAY_SECONDS` shortens it; what readiness says is up to five seconds old. */
const AWAY_MS = awayMs(30);
const COMMANDS = 20;
/** Commands outlast their order, so that many are open when the database goes. */
const RUN = 'PT2S';

let server: FaultyDatabase;
let stack: TestStack;
let engineer: Client;
let producer: Producer;
let readTable: ReadTable;
beforeAll(async () => {
  server = await createFaultyDatabase();
  readTable = tablesOf(server.direct);
  stack = await startStack({
    cmdhosts: 1,
    env: {
      SqlConnection: server.through(),
      MCMS_SIMULATOR_DURATION: RUN,
      CamCommands__GenerateNcProgram__FirstDelay: 'PT0.2S',
    },
  });
  engineer = await clientOf(stack);
  producer = openProducer(stack.serviceBusConnection);
}, 120_000);
afterAll(async () => {
  await producer?.[Symbol.asyncDispose]();
  await stack?.stop();
  await server?.[Symbol.asyncDispose]();
}, 60_000);

function succeeded(statuses: Map<string, string>): number {
  return [...statuses.values()].filter((status) => status === 'Succeeded').length;
}

describe(`a SQL Server that is away for ${AWAY_MS / 1000} s`, () => {
  it(
    'costs waiting and nothing else',
    async () => {
      const routing = await newRouting(engineer);
      const ordered: string[] = [];
      while (ordered.length < COMMANDS / 2)
        ordered.push((await order(engineer, routing.routingId)).commandId);
      await until(
        async () => succeeded(await commandStatuses(readTable)) > 0,
        'the first command to succeed',
      );

      await server.proxy.refuse();
      server.proxy.dropConnections();
      while (ordered.length < COMMANDS) ordered.push(await producer.send(routing.routingId, {}));
      const before = succeeded(await commandStatuses(readTable));
      expect(before).toBeLessThan(COMMANDS / 2);
      const readiness: number[] = [];
      await during(AWAY_MS, async () => {
        expectUnavailable(await engineer.call('GET', '/routings'));
        expectUnavailable(await createItem(engineer));
        readiness.push((await engineer.call('GET', '/health/ready')).status);
        expect((await engineer.call('GET', '/health/live')).status).toBe(200);
      });
      expect(readiness.at(-1)).toBe(503);
      // Nothing went round the proxy.
      const meanwhile = await commandStatuses(readTable);
      expect([meanwhile.size, succeeded(meanwhile)]).toEqual([COMMANDS / 2, before]);
      await server.proxy.accept();

      await untilSettled(readTable, ordered, 120_000);
      const statuses = await commandStatuses(readTable);
      expect(new Set(statuses.keys())).toEqual(new Set(ordered));
      expect(succeeded(statuses)).toBe(COMMANDS);
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
    AWAY_MS + 240_000,
  );
});
