import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ServiceBusClient, type ServiceBusMessage } from '@azure/service-bus';
import { readJournals } from '../../../support/faults-journals.ts';
import type { Rig } from '../rig.ts';
import { LOCK_MS } from '../rig.ts';
import type { Fault, Strike } from './fault.ts';
import { killNow } from './kills.ts';

const LOCK_AND_A_BIT_MS = LOCK_MS + 2_000;
/** Copies of results are sent this often: later ones meet later attempts. */
const ROUNDS_OF_COPIES = 4;
const BETWEEN_COPIES_MS = 1_000;
/** More than a broker takes from the API, less than it takes at all. */
const HUGE_CHARACTERS = 180_000;

export const lostLock: Fault = {
  name: 'lost-lock',
  what: 'the Functions host stands still (SIGSTOP) for longer than the lock of the messages that it works on',
  async strike({ rig }) {
    const pid = (await rig.stack.pids())['functions-host'];
    if (pid === undefined || !killNow(pid, 'SIGSTOP')) throw new Error('there is no Functions host to stop');
    try {
      await delay(LOCK_AND_A_BIT_MS);
    } finally {
      killNow(pid, 'SIGCONT');
    }
  },
};

export const duplicates: Fault = {
  name: 'duplicates',
  what: 'every result and every order that was sent so far is sent again four times, in random order and under new message ids',
  async strike(strike) {
    for (let round = 1; round <= ROUNDS_OF_COPIES; round += 1) {
      await sendAll(strike.rig, 'esprit-results', strike.random.shuffled(await resultCopies(strike)));
      await sendAll(strike.rig, 'esprit-commands', strike.random.shuffled(await orderCopies(strike)));
      await delay(BETWEEN_COPIES_MS);
    }
  },
};

export const poison: Fault = {
  name: 'poison',
  what: 'five messages on the queues of orders and results are poison: no JSON, wrong schema, unknown routing, huge',
  async strike({ rig, random }) {
    const kinds = random.shuffled(poisonKinds());
    for (const { queue, message } of kinds) await sendAll(rig, queue, [message]);
    const refused: Record<string, number> = {};
    for (const { reason } of kinds) refused[reason] = (refused[reason] ?? 0) + 1;
    return { refused };
  },
};

interface Poison {
  readonly queue: string;
  readonly reason: string;
  readonly message: ServiceBusMessage;
}

function poisonKinds(): Poison[] {
  const order = (changes: object) => ({
    schemaVersion: 1,
    commandId: randomUUID(),
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    routingId: randomUUID(),
    requestedBy: 'erp@shop.example',
    requestedAt: new Date().toISOString(),
    ...changes,
  });
  const invalid = (queue: string, body: unknown): Poison => ({
    queue,
    reason: 'invalid-message',
    message: { body, messageId: randomUUID() },
  });
  return [
    invalid('esprit-commands', Buffer.from('{"commandId": "no JSON')),
    invalid('esprit-commands', order({ application: 'paint' })),
    invalid('esprit-commands', { ...order({}), requestedBy: 'x'.repeat(HUGE_CHARACTERS) }),
    invalid('esprit-results', { schemaVersion: 1, commandId: 'nobody' }),
    {
      queue: 'esprit-commands',
      reason: 'routing-not-found',
      message: { body: order({}), messageId: randomUUID() },
    },
  ];
}

/** What the agents have reported so far, from their journals. */
async function resultCopies({ rig }: Strike): Promise<ServiceBusMessage[]> {
  const entries = await readJournals(rig.stack.stateDir);
  return entries.flatMap(({ state, result }) =>
    state === 'reported' && result !== null
      ? [{ body: JSON.parse(result) as unknown, messageId: randomUUID() }]
      : [],
  );
}

interface OrderRow {
  readonly commandId: string;
  readonly routingId: string;
  readonly application: string;
  readonly commandType: string;
  readonly camRev: number;
  readonly parameters: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
}

/** The orders of this round as a producer would send them. */
async function orderCopies({ rig, population }: Strike): Promise<ServiceBusMessage[]> {
  const rows = await rig.readTable<OrderRow>('CamCommand');
  return rows
    .filter(({ routingId }) => population.routingIds.has(routingId))
    .map(({ commandId, routingId, application, commandType, parameters, requestedBy, requestedAt }) => ({
      messageId: randomUUID(),
      body: {
        schemaVersion: 1,
        commandId,
        application,
        commandType,
        routingId,
        parameters: JSON.parse(parameters) as unknown,
        requestedBy,
        requestedAt,
      },
    }));
}

async function sendAll(rig: Rig, queue: string, messages: readonly ServiceBusMessage[]): Promise<void> {
  const bus = new ServiceBusClient(rig.stack.serviceBusConnection);
  try {
    const sender = bus.createSender(queue);
    for (const message of messages) await sender.sendMessages(message);
  } finally {
    await bus.close();
  }
}
