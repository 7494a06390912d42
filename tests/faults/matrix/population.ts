import { newRouting, type Simulation } from '../../e2e/client.ts';
import type { Random } from '../../support/faults-random.ts';
import { until } from '../../support/stack.ts';
import type { Rig } from './rig.ts';
import type { Sought } from './sightings.ts';

const ROUTINGS = 3;

/** The orders of a round. */
export interface Population extends Sought {
  /** Places one more, by the API or by a producer, as the seed says. Orders by the API are not awaited: they may outlast the fault. */
  order(): Promise<void>;
  /** Places one by a producer with this simulation. */
  send(simulation: Simulation): Promise<void>;
  /** Orders of the API that were accepted or refused, or whose answer was lost. */
  settled(): Promise<void>;
  /** Commands that the API said it has accepted. */
  readonly accepted: readonly string[];
}

export async function createPopulation(rig: Rig, random: Random): Promise<Population> {
  const routingIds = await Promise.all(Array.from({ length: ROUTINGS }, () => routingOnceThere(rig)));
  const routingId = (): string => routingIds[random.integer(0, ROUTINGS - 1)] ?? '';
  const sent: string[] = [];
  const accepted: string[] = [];
  const underWay: Promise<void>[] = [];

  const orderByApi = async (simulation: Simulation): Promise<void> => {
    const json = { application: 'esprit', commandType: 'GenerateNcProgram', parameters: { simulation } };
    try {
      const answer = await rig.engineer.call('POST', `/routings/${routingId()}/commands`, { json });
      if (answer.status === 202) accepted.push((answer.json as { commandId: string }).commandId);
    } catch {
      // The host died with the request: whether there is a command is to be seen in the table.
    }
  };
  const send = async (simulation: Simulation): Promise<void> => {
    sent.push(await rig.producer.send(routingId(), simulation));
  };
  return {
    routingIds: new Set(routingIds),
    sent,
    accepted,
    send,
    async order() {
      const simulation = simulationOf(random);
      if (random.integer(1, 3) === 1) await send(simulation);
      else underWay.push(orderByApi(simulation));
    },
    async settled() {
      await Promise.all(underWay);
    },
  };
}

/** The host may still be on its way back from the last round. */
async function routingOnceThere({ engineer }: Rig): Promise<string> {
  let routingId = '';
  let problem: unknown;
  await until(
    async () => {
      try {
        ({ routingId } = await newRouting(engineer));
        return true;
      } catch (error) {
        problem = error;
        return false;
      }
    },
    () => `a routing to be made; last: ${String(problem)}`,
  );
  return routingId;
}

/** Two of five meet a fault that is tried again, one of twenty one that is not. */
function simulationOf(random: Random): Simulation {
  const duration = `PT1.${random.integer(0, 6)}S`;
  const chance = random.integer(1, 20);
  if (chance <= 5) return { duration, fault: 'licence-busy' };
  if (chance <= 8) return { duration, fault: 'crash' };
  return chance === 9 ? { duration, fault: 'bad-input' } : { duration };
}
