import { join } from 'node:path';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { type TestStack, startStack } from '../../../tests/support/stack.ts';

/** A queue that nobody of the product listens to: for the bare SDK. */
export const BENCH_QUEUE = 'bench';
const QUEUES_FILE = join(import.meta.dirname, '../../../infra/service-bus-queues.json');

export interface Shop extends AsyncDisposable {
  readonly stack: TestStack;
  /** Routings in Draft to order on. */
  readonly routingIds: readonly string[];
  /** Calls the API as an engineer; `body` makes it a POST. */
  call<T>(path: string, body?: unknown): Promise<T>;
}

export interface ShopOptions {
  readonly seats: number;
  /** How long a run of ESPRIT takes, ISO 8601. */
  readonly duration: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A stack with demo data, one workstation, and the product's queues with one more for the bare SDK. */
export async function openShop({ seats, duration, env }: ShopOptions): Promise<Shop> {
  const folder = await mkdtemp(join(tmpdir(), 'mcms-bench-commands-'));
  const queuesFile = join(folder, 'queues.json');
  const queues = JSON.parse(await readFile(QUEUES_FILE, 'utf8')) as object[];
  await writeFile(
    queuesFile,
    JSON.stringify([...queues, { name: BENCH_QUEUE, lockDuration: 'PT1M', maxDeliveryCount: 10 }]),
  );
  const stack = await startStack({
    cmdhosts: 1,
    seed: 'demo',
    stateDir: join(folder, 'state'),
    env: {
      MCMS_QUEUES_FILE: queuesFile,
      MCMS_SEATS: String(seats),
      MCMS_SIMULATOR_DURATION: duration,
      ...env,
    },
  });
  const token = await stack.token(['Mcms.Engineer']);
  const call = async <T>(path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${stack.apiUrl}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  };
  const { value } = await call<{ value: { routingId: string }[] }>('/routings?status=Draft&top=100');
  return {
    stack,
    routingIds: value.map(({ routingId }) => routingId),
    call,
    async [Symbol.asyncDispose]() {
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
