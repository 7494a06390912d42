import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { ServiceBusClient } from '@azure/service-bus';
import { eventually } from './eventually.ts';
import { behaviour, seen } from './fixture-app/queues.ts';
import { startFixture } from './start.ts';

/** A broker process of its own, so that it can be killed; the port stays the same over restarts. */
async function startBrokerProcess(
  stateDir: string,
  port: number,
): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['local/service-bus/main.ts'], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      MCMS_AMQP_PORT: String(port),
      MCMS_STATE_DIR: stateDir,
      MCMS_QUEUES_FILE: join(stateDir, 'queues.json'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const bound = await eventually('the broker to be ready', () => /ready \{"port":(\d+)/.exec(output)?.[1]);
  return { child, port: Number(bound) };
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('a broker that is killed', () => {
  let stateDir: string;
  let broker: { child: ChildProcess; port: number };
  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'functions-host-kill-'));
    const queues = ['in', 'manual', 'copies', 'returned'].map((name) => ({ name, lockDuration: 'PT2S' }));
    await writeFile(join(stateDir, 'queues.json'), JSON.stringify(queues));
    broker = await startBrokerProcess(stateDir, 0);
    seen.length = 0;
    behaviour.during = () => undefined;
  });
  afterEach(async () => {
    await kill(broker.child);
    await rm(stateDir, { recursive: true });
  });

  it('again and again, with messages in work, loses none of them, and the host goes on by itself', async () => {
    const connectionString = `Endpoint=sb://127.0.0.1:${broker.port};SharedAccessKeyName=k;SharedAccessKey=s;UseDevelopmentEmulator=true;`;
    await using host = await startFixture('queues.ts', { env: { Sb: connectionString, InQueue: 'in' } });
    behaviour.during = () => delay(20);
    const received = (): Set<unknown> => new Set(seen.map(({ body }) => body));
    for (let round = 1; round <= 3; round += 1) {
      const client = new ServiceBusClient(connectionString);
      const bodies = Array.from({ length: 20 }, (_, n) => ({ body: round * 100 + n }));
      await client.createSender('in').sendMessages(bodies);
      await client.close();
      await eventually('some deliveries', () => received().size > (round - 1) * 20);
      await kill(broker.child);
      broker = await startBrokerProcess(stateDir, broker.port);
      await eventually(`all of round ${round}`, () => received().size === round * 20, 30_000);
    }
    const faults = host.lines.filter((line) => line.includes('trying again'));
    expect(faults.length).toBeLessThanOrEqual(12);
  }, 90_000);
});
