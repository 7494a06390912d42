import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFile, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clientOf, newRouting, order, type Client, type Routing, type Simulation } from '../e2e/client.ts';
import { contentContainer, stagingContainer } from '../support/faults-blobs.ts';
import { commandStatuses, databasePath, untilSettled } from '../support/faults-database.ts';
import { isRunning, ledgerPath, readLedger, unfinishedRuns } from '../support/faults-ledger.ts';
import { openProducer } from '../support/faults-producer.ts';
import { queuesWithShortLocks, refusedMessages } from '../support/faults-queues.ts';
import { randomFrom } from '../support/faults-random.ts';
import { findViolations, type Evidence, type Violation } from '../support/invariants.ts';
import { startStack, until, type TestStack } from '../support/stack.ts';
import { tablesOfFile } from '../support/tables.ts';

/** `MCMS_TEST_SEED` repeats a run, as far as the machine does. */
const SEED = Number(process.env['MCMS_TEST_SEED'] ?? 20_261_101);
const COMMANDS = 20;
const VICTIMS = ['functions-host', 'service-bus', 'cmdhost-1', 'simulator'] as const;
type Victim = (typeof VICTIMS)[number];
const KILLS_OF_EACH = 3;
/** A key whose request died with its process is free again after a minute. */
const ORDER_LIMIT_MS = 90_000;

let folder: string;
let stack: TestStack;
let engineer: Client;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcms-kill-'));
  stack = await startStack({
    cmdhosts: 1,
    stateDir: join(folder, 'state'),
    env: {
      MCMS_QUEUES_FILE: await queuesWithShortLocks(folder),
      CamCommands__GenerateNcProgram__FirstDelay: 'PT0.2S',
      CamCommands__GenerateNcProgram__MaxDelay: 'PT1S',
      CamCommands__GenerateNcProgram__Heartbeat: 'PT1S',
      CamCommands__GenerateNcProgram__Lease: 'PT5S',
    },
  });
  engineer = await clientOf(stack);
}, 60_000);
afterAll(async () => {
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

function evidence(): Evidence {
  return {
    readTable: tablesOfFile(databasePath(stack)),
    ledgerPath: ledgerPath(stack.stateDir),
    blobConnection: stack.blobConnection,
  };
}

/** `kill -9` of the victim that runs now, once one runs that has not been killed yet. */
async function kill(victim: Victim, killed: Set<number>): Promise<void> {
  let pid: number | undefined;
  await until(
    async () => {
      pid = victim === 'simulator' ? await runningSimulator() : (await stack.pids())[victim];
      return pid !== undefined && !killed.has(pid) && killNow(pid);
    },
    `a ${victim} to kill`,
    60_000,
  );
  if (pid !== undefined) killed.add(pid);
}

/** An order by HTTP, repeated under one Idempotency-Key until it is accepted. */
async function orderUntilAccepted(routingId: string, simulation: Simulation): Promise<string> {
  const call = {
    json: { application: 'esprit', commandType: 'GenerateNcProgram', parameters: { simulation } },
    headers: { 'idempotency-key': randomUUID() },
  };
  let last: unknown;
  await until(
    async () => {
      try {
        const answer = await engineer.call('POST', `/routings/${routingId}/commands`, call);
        last = answer.text;
        return answer.status === 202;
      } catch (error) {
        last = error;
        return false;
      }
    },
    () => `an order to be accepted; the last answer was ${String(last)}`,
    ORDER_LIMIT_MS,
  );
  return (JSON.parse(String(last)) as { commandId: string }).commandId;
}

async function statuses(): Promise<string[]> {
  return [...(await commandStatuses(evidence().readTable)).values()];
}

async function succeededCommands(): Promise<number> {
  return (await statuses()).filter((status) => status === 'Succeeded').length;
}

async function runningSimulator(): Promise<number | undefined> {
  for (const run of unfinishedRuns(await readLedger(ledgerPath(stack.stateDir)))) {
    if (await isRunning(run)) return run.pid;
  }
  return undefined;
}

function killNow(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
    return false;
  }
}

describe('kill -9 at random moments', () => {
  it(`while ${COMMANDS} commands run: every one has its one effect (seed ${SEED})`, async () => {
    const random = randomFrom(SEED);
    const victims = random.shuffled(VICTIMS.flatMap((victim) => Array<Victim>(KILLS_OF_EACH).fill(victim)));
    const simulation = () => ({ duration: `PT0.${random.integer(3, 9)}S` });
    await using producer = openProducer(stack.serviceBusConnection);
    const routings: Routing[] = [];
    for (let count = 0; count < 4; count += 1) routings.push(await newRouting(engineer));
    const routingId = () => random.shuffled(routings)[0]?.routingId ?? '';

    const orders: Promise<string>[] = [];
    while (orders.length < COMMANDS - victims.length)
      orders.push(order(engineer, routingId(), simulation()).then(({ commandId }) => commandId));
    await Promise.all(orders);
    const killed = new Set<number>();
    for (const [index, victim] of victims.entries()) {
      const byHttp = index % 4 === 1;
      orders.push(
        byHttp ? orderUntilAccepted(routingId(), simulation()) : producer.send(routingId(), simulation()),
      );
      // Not a wait for something: the moment of the fault.
      await delay(random.integer(20, 700));
      expect(await succeededCommands()).toBeLessThan(orders.length);
      await kill(victim, killed);
    }
    await untilSettled(evidence().readTable, await Promise.all(orders), 120_000);

    expect(killed.size).toBe(VICTIMS.length * KILLS_OF_EACH);
    expect(await statuses()).toHaveLength(COMMANDS);
    expect(await succeededCommands()).toBe(COMMANDS);
    expect(await findViolations(evidence())).toEqual([]);
    expect(await refusedMessages(stack.serviceBusConnection)).toEqual([]);
  }, 240_000);
});

describe('the checker of what must hold', () => {
  interface Copy extends Evidence, AsyncDisposable {
    readonly databasePath: string;
  }

  /** A copy of database and ledger to be doctored; the blobs are the stack's. */
  async function copyOf(original: Evidence): Promise<Copy> {
    const folder = await mkdtemp(join(tmpdir(), 'mcms-doctored-'));
    const path = join(folder, 'mcms.db');
    const copy = { readTable: tablesOfFile(path), ledgerPath: join(folder, 'ledger.ndjson') };
    const database = new DatabaseSync(databasePath(stack), { readOnly: true });
    database.prepare('vacuum into ?').run(path);
    database.close();
    await copyFile(original.ledgerPath, copy.ledgerPath);
    const remove = () => rm(folder, { recursive: true, force: true });
    return { ...original, ...copy, databasePath: path, [Symbol.asyncDispose]: remove };
  }

  function change(path: string, sql: string): void {
    const database = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    expect(database.prepare(sql).run().changes).toBe(1);
    database.close();
  }

  const one = (table: string, where = 'true') => `seq = (select max(seq) from ${table} where ${where})`;
  const copyRow = (table: string, columns: readonly string[], values: readonly string[]) =>
    `insert into ${table} (${columns.join()}) select ${values.join()} from ${table} where ${one(table)}`;
  const OUTPUT = ['commandId', 'routingId', 'camRev', 'role', 'contentType', 'sha256', 'sizeBytes', 'madeAt'];
  const HISTORY = [
    'itemCode',
    'revisionCode',
    'routingId',
    'camRev',
    'changeType',
    'field',
    'previousValue',
  ].concat(['currentValue', 'changedAt', 'changedBy', 'actorKind']);
  const succeededEntry = one('HistoryEntry', "changeType = 'CommandSucceeded'");

  it.each<[string, Violation['rule'], string]>([
    [
      'a command still Running',
      'command-open',
      `update CamCommand set status = 'Running' where ${one('CamCommand')}`,
    ],
    [
      'an attempt without its end',
      'attempt-open',
      `update CamCommandAttempt set endedAt = null where ${one('CamCommandAttempt')}`,
    ],
    [
      'a result that nobody took in',
      'one-result',
      `update CamCommandAttempt set status = 'Failed' where ${one('CamCommandAttempt', "status = 'Succeeded'")}`,
    ],
    [
      'a success that counts as a failure',
      'one-result',
      `update CamCommand set status = 'Failed' where ${one('CamCommand')}`,
    ],
    [
      'a second output',
      'one-set-of-outputs',
      copyRow('CamCommandOutput', ['fileId', 'fileName', ...OUTPUT], ["'second'", "'second.nc'", ...OUTPUT]),
    ],
    [
      'a missing output',
      'one-set-of-outputs',
      `delete from CamCommandOutput where ${one('CamCommandOutput')}`,
    ],
    [
      'an output that is not attached',
      'output-attached',
      `delete from RoutingFile where ${one('RoutingFile')}`,
    ],
    ['a missing entry', 'history-once', `delete from HistoryEntry where ${succeededEntry}`],
    [
      'an entry told twice',
      'history-once',
      `insert into HistoryEntry (historyId, ${HISTORY.join()}) select 'second', ${HISTORY.join()} from HistoryEntry where ${succeededEntry}`,
    ],
    [
      'an entry that is older than the one before it',
      'history-order',
      `update HistoryEntry set changedAt = '2000-01-01T00:00:00.000Z' where ${succeededEntry}`,
    ],
    [
      'a success that is told as a failure',
      'told-once',
      `insert into IncidentCommand (incidentId, commandId, run, failedAt) select 'i', commandId, run, requestedAt from CamCommand where ${one('CamCommand')}`,
    ],
    [
      'a file added without an entry',
      'history-once',
      `delete from HistoryEntry where ${one('HistoryEntry', "changeType in ('FileAdded', 'FileReplaced')")}`,
    ],
    [
      'a digest that is another',
      'content-intact',
      `update StoredFile set sha256 = '${'0'.repeat(64)}' where ${one('StoredFile')}`,
    ],
    [
      'a size that is another',
      'content-intact',
      `update StoredFile set sizeBytes = sizeBytes + 1 where ${one('StoredFile')}`,
    ],
    ['content that nobody knows', 'content-known', `delete from StoredFile where ${one('StoredFile')}`],
    [
      'a run of an attempt that is not there',
      'start-known',
      `delete from CamCommandAttempt where ${one('CamCommandAttempt', "status = 'Succeeded'")}`,
    ],
    [
      'a work item that is left',
      'work-left',
      "insert into CamWorkItem (workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt, state, cancelRequested) values ('w', 'a', 'c', 1, 1, 1, 'esprit', 5, 't', 't', 'Lost', 0)",
    ],
    [
      'an outbox entry that is left',
      'outbox-left',
      "insert into Outbox (outboxId, kind, destination, messageId, body, createdAt, notBefore, attempts) values ('o', 'message', 'esprit-commands', 'm', '{}', 't', 't', 0)",
    ],
  ])('finds %s (%s)', async (_what, rule, sql) => {
    await using copy = await copyOf(evidence());
    expect(await findViolations(copy)).toEqual([]);
    change(copy.databasePath, sql);
    expect((await findViolations(copy)).map((violation) => violation.rule)).toContain(rule);
  });

  it('finds a second start of an attempt, and a success without a run', async () => {
    await using copy = await copyOf(evidence());
    const ledger = await readLedger(copy.ledgerPath);
    const end = ledger.findLast(({ event }) => event === 'end');
    if (!end) throw new Error('the ledger holds no end');
    await appendFile(copy.ledgerPath, `${JSON.stringify({ ...end, event: 'start', pid: 1 })}\n`);
    expect(await findViolations(copy)).toEqual([
      { rule: 'one-start', subject: end.attemptId, found: '2 starts' },
    ]);
    await rm(copy.ledgerPath);
    const found = await findViolations(copy);
    expect(found.map(({ subject }) => subject)).toContain(end.attemptId);
    expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set(['success-ran']));
  });

  it('finds an adapter that still runs', async () => {
    await using copy = await copyOf(evidence());
    const last = (await readLedger(copy.ledgerPath)).at(-1);
    if (!last) throw new Error('the ledger is empty');
    const orphan = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', last.attemptId], {
      stdio: 'ignore',
    });
    try {
      const start = { ...last, event: 'start', pid: orphan.pid };
      await appendFile(copy.ledgerPath, `${JSON.stringify(start)}\n`);
      const found = (await findViolations(copy)).map(({ rule }) => rule);
      expect(found.toSorted()).toEqual(['one-start', 'orphan-adapter']);
    } finally {
      orphan.kill('SIGKILL');
    }
  });

  it('finds what is left of the outputs of a successful attempt', async () => {
    const staging = await stagingContainer(stack.blobConnection);
    const { attemptId } = (await readLedger(ledgerPath(stack.stateDir))).at(-1) ?? { attemptId: '' };
    const blob = staging.getBlockBlobClient(`attempts/${attemptId}/left`);
    await blob.upload('left', 4);
    expect((await findViolations(evidence())).map(({ rule }) => rule)).toEqual(['staging-left']);
    await blob.delete();
    expect(await findViolations(evidence())).toEqual([]);
  });

  it('finds bytes that are not what their name says', async () => {
    const content = await contentContainer(stack.blobConnection);
    const name = (await content.listBlobsFlat().next()).value?.name ?? '';
    const blob = content.getBlockBlobClient(name);
    const bytes = await blob.downloadToBuffer();
    const other = Buffer.from(bytes).fill(0, 0, 1);
    await blob.upload(other, other.length);
    expect((await findViolations(evidence())).map(({ rule }) => rule)).toEqual(['content-intact']);
    await blob.upload(bytes, bytes.length);
    expect(await findViolations(evidence())).toEqual([]);
  });
});
