import type { Benchmark, Measurement, Say } from '../benchmark.ts';
import { processorUse, treeOf } from '../processes.ts';
import { bareMessages } from './baseline.ts';
import { type Burst, burst, percentile } from './burst.ts';
import { capacity } from './capacity.ts';
import { orderByHttp, orderByQueue } from './orders.ts';
import { type Shop, openShop } from './shop.ts';

const SEATS = 4;
const SIZES = [1000, 10_000] as const;
const IDLE_SECONDS = 60;
const SETTLE_SECONDS = 40;

/** orders put on the queue at once, and how the cost of one grows with how many wait. */
export const commands: Benchmark = {
  name: 'commands',
  summary:
    '100 to 10,000 CAM commands at once: time, start of ESPRIT, cost of each; seats and order; an idle agent',
  async run(say, { quick }) {
    const found: Measurement[] = [];
    {
      await using shop = await openShop({ seats: SEATS, duration: 'PT0S' });
      found.push(...(await atOnce(shop, say)));
      found.push(...(await growing(shop, say, { before: 200 + WARM_UP, sizes: quick ? [1000] : SIZES })));
      found.push(...(await atRest(shop, say)));
    }
    found.push(...(await seatsAtWork(say, quick ? 12 : 40)));
    return found;
  },
};

const WARM_UP = 10;

async function atOnce(shop: Shop, say: Say): Promise<Measurement[]> {
  await burst(shop, (to) => orderByQueue(to, WARM_UP), 0);
  const bare = { name: 'bare SDK: send, receive, complete', value: await bareMessages(shop.stack, 100) };
  const queue = await burst(shop, (to) => orderByQueue(to, 100), WARM_UP);
  say(`100 by AMQP: ${queue.seconds.toFixed(1)} s`);
  const http = await burst(shop, (to) => orderByHttp(to, 100), WARM_UP + 100);
  say(`100 by HTTP: ${http.seconds.toFixed(1)} s`);
  return [
    { name: '100 by AMQP, all Succeeded', value: queue.seconds, unit: 's', limit: 10, baseline: bare },
    ...waits('100 by AMQP', queue, 3),
    { name: '100 by HTTP, all Succeeded', value: http.seconds, unit: 's', limit: 10, baseline: bare },
    ...waits('100 by HTTP', http, 3),
    ...costs('100 by AMQP', queue),
  ];
}

function waits(name: string, { waitsMs }: Burst, limitSeconds?: number): Measurement[] {
  const limit = limitSeconds === undefined ? {} : { limit: limitSeconds };
  return [
    {
      name: `${name}, enqueued to ESPRIT started, p95`,
      value: percentile(waitsMs, 0.95) / 1000,
      unit: 's',
      ...limit,
    },
    { name: `${name}, the same, median`, value: percentile(waitsMs, 0.5) / 1000, unit: 's' },
  ];
}

function costs(name: string, { perCommand, seconds, count }: Burst): Measurement[] {
  return [
    { name: `${name}, time per command`, value: (1000 * seconds) / count, unit: 'ms' },
    { name: `${name}, processor per command`, value: perCommand?.processorMs, unit: 'ms' },
    {
      name: `${name}, written per command`,
      value: perCommand && perCommand.writtenBytes / 1024,
      unit: 'KB',
    },
  ];
}

/** The cost of one command when many wait, against that of one among a hundred in the same run. */
async function growing(
  shop: Shop,
  say: Say,
  { before, sizes }: { before: number; sizes: readonly number[] },
): Promise<Measurement[]> {
  const found: Measurement[] = [];
  const first = await burst(shop, (to) => orderByQueue(to, 100), before);
  let done = before + first.count;
  for (const size of sizes) {
    const name = `${size.toLocaleString('en')} by AMQP`;
    const bareSeconds = await bareMessages(shop.stack, size);
    const many = await burst(shop, (to) => orderByQueue(to, size), done);
    done += size;
    say(`${name}: ${many.seconds.toFixed(0)} s`);
    found.push(
      {
        name: `${name}, all Succeeded`,
        value: many.seconds,
        unit: 's',
        baseline: { name: 'bare SDK: send, receive, complete', value: bareSeconds },
      },
      ...costs(name, many),
      {
        name: `${name}, time of one against one of 100`,
        value: ratio(many.seconds / size, first.seconds / 100),
        unit: '×',
        limit: 1.2,
      },
      {
        name: `${name}, processor of one against one of 100`,
        value: ratio(many.perCommand?.processorMs, first.perCommand?.processorMs),
        unit: '×',
        limit: 1.2,
      },
      {
        name: `memory of the functions host after ${name}`,
        value: many.hostMB,
        unit: 'MB',
        ...(first.hostMB === undefined
          ? {}
          : { baseline: { name: 'after the first hundreds', value: first.hostMB } }),
      },
    );
  }
  return found;
}

function ratio(value: number | undefined, of: number | undefined): number | undefined {
  return value === undefined || of === undefined ? undefined : value / of;
}

async function atRest({ stack }: Shop, say: Say): Promise<Measurement[]> {
  say(`agent at rest for ${IDLE_SECONDS} s`);
  await new Promise((resolve) => setTimeout(resolve, SETTLE_SECONDS * 1000));
  const agent = (await stack.pids())['cmdhost-1'];
  if (agent === undefined) throw new Error('the agent does not run');
  return [
    {
      name: 'processor of an idle agent',
      value: await processorUse(await treeOf(agent), IDLE_SECONDS),
      unit: '% of a core',
      limit: 1,
    },
  ];
}

async function seatsAtWork(say: Say, count: number): Promise<Measurement[]> {
  const seats = 2;
  await using shop = await openShop({ seats, duration: 'PT3S' });
  say(`${count} orders of 3 s and mixed priority on ${seats} seats`);
  const { longestIdleMs, outOfOrder, seconds } = await capacity(shop, { count, seats });
  return [
    { name: 'longest time a seat was empty while work waited', value: longestIdleMs, unit: 'ms', limit: 200 },
    { name: 'claims that passed a better item over', value: outOfOrder, unit: 'claims', limit: 0 },
    {
      name: `${count} orders of 3 s on ${seats} seats`,
      value: seconds,
      unit: 's',
      baseline: { name: 'seats never empty', value: (count * 3) / seats },
    },
  ];
}
