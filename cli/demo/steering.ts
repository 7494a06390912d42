import { setTimeout as delay } from 'node:timers/promises';
import { readStackFile, stateFolder } from '../stack-file.ts';
import type { DemoApi } from './api.ts';
import { expect } from './expect.ts';
import { putAmongRejected } from './rejected.ts';
import { type Command, type Routing, follow } from './steps.ts';

export interface Steering {
  readonly engineer: DemoApi;
  readonly operator: DemoApi;
  readonly routing: Routing;
  readonly say: (step: string) => void;
}

const POLL_MS = 100;
const LIMIT_MS = 60_000;

/** What an operator does with commands: cancel, be told, have it run again, put a refused message back. */
export async function steer(steering: Steering): Promise<void> {
  steering.say('signed in as an operator');
  await cancelHanging(steering);
  await runAgain(steering);
  await putBack(steering);
}

async function cancelHanging({ engineer, operator, routing, say }: Steering): Promise<void> {
  const { commandId } = await order(engineer, routing, { fault: 'hang' });
  await until(async () => (await read(operator, commandId)).status === 'Running', 'ESPRIT to run');
  say(`an ESPRIT run hangs (command ${commandId})`);
  await operator.post(`/commands/${commandId}/cancel`, { reason: 'ESPRIT does not answer' });
  const { status } = await follow(operator, commandId, () => undefined);
  expect(status === 'Cancelled', `the command ended as ${status}`);
  say('  cancelled: its process is ended, its seat is free');
}

/** The model cannot be read in the first run; in the second it can. */
async function runAgain({ engineer, operator, routing, say }: Steering): Promise<void> {
  const { commandId } = await order(engineer, routing, { fault: 'bad-input', faultRuns: [1] });
  const failed = await follow(operator, commandId, () => undefined);
  expect(failed.status === 'Failed', `the command ended as ${failed.status}`);
  say(`a command failed for good: ${failed.error?.code ?? ''} (command ${commandId})`);
  const told = await toldOf(commandId);
  say(`  told by ${told.join(', ')}`);
  await operator.post(`/commands/${commandId}/retry`, { reason: 'the model was repaired' });
  const command = await follow(operator, commandId, () => undefined);
  expect(command.status === 'Succeeded', `the second run ended as ${command.status}`);
  say('  run again by the operator: Succeeded in its second run');
}

/** A message among the rejected goes back to its queue as it came, and its order is carried out. */
async function putBack({ operator, routing, say }: Steering): Promise<void> {
  const { commandId } = await putAmongRejected(process.env, routing.routingId);
  const found = async () => {
    const { value } = await operator.get<{ value: { sequenceNumber: string; body: unknown }[] }>(
      '/dead-letters?queue=esprit-rejected',
    );
    return value.find(({ body }) => JSON.stringify(body).includes(commandId));
  };
  await until(async () => (await found()) !== undefined, 'the rejected message to be listed');
  const sequenceNumber = (await found())?.sequenceNumber ?? '';
  say(`an order stands among the rejected messages (put there by this demo), number ${sequenceNumber}`);
  await operator.post(`/dead-letters/esprit-rejected/${sequenceNumber}/resubmit`, {
    reason: 'its routing is there now',
  });
  await until(async () => isThere(operator, commandId), 'the order to arrive');
  const { status } = await follow(operator, commandId, () => undefined);
  expect(status === 'Succeeded', `the resubmitted order ended as ${status}`);
  say('  resubmitted with all its properties: Succeeded');
}

function order(api: DemoApi, { routingId }: Routing, simulation: object): Promise<Command> {
  return api.post(`/routings/${routingId}/commands`, {
    application: 'esprit',
    commandType: 'GenerateNcProgram',
    parameters: { simulation },
  });
}

function read(api: DemoApi, commandId: string): Promise<Command> {
  return api.get(`/commands/${commandId}`);
}

async function isThere(api: DemoApi, commandId: string): Promise<boolean> {
  const { value } = await api.get<{ value: { commandId: string }[] }>('/commands?top=20');
  return value.some((command) => command.commandId === commandId);
}

/** The channels by which somebody was told of this command, as the local capture server got them. */
async function toldOf(commandId: string): Promise<string[]> {
  const { captureUrl } = await readStackFile(stateFolder(process.env));
  let channels: string[] = [];
  await until(async () => {
    const response = await fetch(`${captureUrl}/messages`);
    const { value } = (await response.json()) as { value: { channel: string }[] };
    channels = value
      .filter((message) => JSON.stringify(message).includes(commandId))
      .map(({ channel }) => channel);
    // The operators get one card per cause; the person who ordered gets a mail for every order.
    return channels.includes('email');
  }, 'somebody to be told');
  return [...new Set(channels)];
}

async function until(held: () => Promise<boolean>, what: string): Promise<void> {
  const endMs = performance.now() + LIMIT_MS;
  while (!(await held())) {
    if (performance.now() > endMs) throw new Error(`waited ${LIMIT_MS / 1000} s for ${what}`);
    await delay(POLL_MS);
  }
}
