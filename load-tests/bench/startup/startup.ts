import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type TestStack, startStack } from '../../../tests/support/stack.ts';
import { type Benchmark, type Measurement, median } from '../benchmark.ts';
import { bareInsert, bareNodeMemory, bareNodeStart } from './baselines.ts';
import { timeOrders } from './orders.ts';
import { memoryOf, parentOf, processorUse } from '../processes.ts';

const STARTS = 3;
const SETTLE_SECONDS = 10;
const IDLE_SECONDS = 60;
const ORDERS = 20;

/** `npm start` as a user has it: an empty folder with demo data, then again on what it left; then at rest, then at work. */
export const startup: Benchmark = {
  name: 'startup',
  summary: 'time from npm start to ready, memory and processor at rest, time of an order',
  async run(say) {
    const bareStart = { name: '`node -e 0`', value: await bareNodeStart() };
    const first: number[] = [];
    const second: number[] = [];
    for (let count = 1; ; count += 1) {
      const stateDir = await mkdtemp(join(tmpdir(), 'mcms-bench-'));
      try {
        await using fresh = await startByNpm(stateDir, first);
        await fresh.stop();
        await using again = await startByNpm(stateDir, second, fresh);
        say(
          `start ${count} of ${STARTS}: ${seconds(first)} s on an empty folder, ${seconds(second)} s again`,
        );
        if (count < STARTS) continue;
        return [
          {
            name: 'start, empty folder',
            value: median(first),
            unit: 's',
            limit: 10,
            baseline: bareStart,
            samples: first,
          },
          {
            name: 'start, again',
            value: median(second),
            unit: 's',
            limit: 5,
            baseline: bareStart,
            samples: second,
          },
          ...(await atRest(again, say)),
          ...(await atWork(again, say)),
        ];
      } finally {
        await rm(stateDir, { recursive: true, force: true });
      }
    }
  },
};

async function startByNpm(stateDir: string, seconds: number[], before?: TestStack): Promise<TestStack> {
  const npm = process.env['npm_execpath'];
  if (!npm) throw new Error('run it by npm, which it starts the stack with: npm run bench -- startup');
  const startedAtMs = performance.now();
  const stack = await startStack({
    entry: npm,
    args: ['start'],
    stateDir,
    cmdhosts: 1,
    seed: 'demo',
    ...(before ? { ports: before.ports } : {}),
  });
  seconds.push((performance.now() - startedAtMs) / 1000);
  return stack;
}

async function atRest(stack: TestStack, say: (line: string) => void): Promise<Measurement[]> {
  await delay(SETTLE_SECONDS * 1000);
  say(`at rest for ${IDLE_SECONDS} s`);
  const pids = Object.values(await stack.pids());
  const bare = await bareNodeMemory();
  return [
    {
      name: 'processor at rest',
      value: await processorUse(pids, IDLE_SECONDS),
      unit: '% of a core',
      limit: 2,
    },
    {
      name: `memory at rest, ${pids.length} processes`,
      value: await memoryOf(pids),
      unit: 'MB',
      limit: 750,
      ...(bare === undefined ? {} : { baseline: { name: 'a Node that does nothing', value: bare } }),
    },
    { name: 'memory of npm itself', value: await memoryOf(await npmProcesses(stack)), unit: 'MB' },
  ];
}

/** npm and the shell it runs scripts with: what stands between this process and the supervisor. */
async function npmProcesses(stack: TestStack): Promise<number[]> {
  const found: number[] = [];
  let pid: number | undefined = (await stack.pids())['supervisor'];
  while (pid !== undefined && pid !== stack.pid) {
    pid = await parentOf(pid);
    if (pid !== undefined) found.push(pid);
  }
  return found;
}

async function atWork(stack: TestStack, say: (line: string) => void): Promise<Measurement[]> {
  say(`${ORDERS} orders, one after another`);
  const millis = await timeOrders(stack, ORDERS);
  const baseline = { name: 'one durable `node:sqlite` insert', value: await bareInsert(stack.stateDir) };
  return [
    {
      name: 'order to Succeeded, median',
      value: median(millis),
      unit: 'ms',
      limit: 1000,
      baseline,
      samples: millis,
    },
    { name: 'order to Succeeded, worst', value: Math.max(...millis), unit: 'ms', limit: 1000 },
  ];
}

function seconds(values: readonly number[]): string {
  return (values.at(-1) ?? 0).toFixed(1);
}
