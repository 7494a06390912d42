import { readInstances, type StoredInstance } from '../../support/faults-durable.ts';
import { type JournalEntry, readJournals } from '../../support/faults-journals.ts';
import { ledgerPath, readLedger } from '../../support/faults-ledger.ts';
import { type Phase, phaseOf } from './phases.ts';
import type { Rig } from './rig.ts';

interface CommandRow {
  readonly commandId: string;
  readonly routingId: string;
  readonly status: string;
  readonly run: number;
}
interface AttemptRow {
  readonly attemptId: string;
  readonly commandId: string;
  readonly run: number;
  readonly attempt: number;
  readonly endedAt: string | null;
}

export interface Sighting {
  readonly commandId: string;
  readonly phase: Phase | 'ended';
}

/** The commands of a round: what was ordered for its routings, and what producers sent. */
export interface Sought {
  readonly routingIds: ReadonlySet<string>;
  readonly sent: readonly string[];
}

/** Where each command is now, read from tables, orchestrations, journals and ledger at (nearly) one moment. */
export async function sight(rig: Rig, { routingIds, sent }: Sought): Promise<Sighting[]> {
  const { stateDir } = rig.stack;
  // In the order in which a command passes through them, so that what is read later does not lag behind what was read before.
  const [commands, attempts, items, instances, journals, ledger] = await Promise.all([
    rig.readTable<CommandRow>('CamCommand'),
    rig.readTable<AttemptRow>('CamCommandAttempt'),
    rig.readTable<{ attemptId: string; state: string }>('CamWorkItem'),
    readInstances(stateDir),
    readJournals(stateDir),
    readLedger(ledgerPath(stateDir)),
  ]);
  const rows = new Map(
    commands.filter((row) => routingIds.has(row.routingId)).map((row) => [row.commandId, row]),
  );
  const instanceOf = new Map(instances.map((instance) => [instance.instanceId, instance]));
  const journalOf = new Map(journals.map((entry) => [entry.attemptId, entry]));
  const stateOf = new Map(items.map(({ attemptId, state }) => [attemptId, state]));
  const seen = new Set(ledger.map(({ event, attemptId }) => `${event} ${attemptId}`));
  return [...new Set([...rows.keys(), ...sent])].map((commandId) => {
    const row = rows.get(commandId);
    const run = row?.run ?? 1;
    const instance = instanceOf.get(`${commandId}.r${run}`);
    const attempt = attempts.findLast((one) => one.commandId === commandId && one.run === run);
    const phase = phaseOf({
      status: row?.status,
      begun: instance !== undefined,
      attempt: attempt && { ended: attempt.endedAt !== null },
      workItem: attempt && stateOf.get(attempt.attemptId),
      espritStarted: seen.has(`start ${attempt?.attemptId}`),
      espritEnded: seen.has(`end ${attempt?.attemptId}`),
      resultKnown: hasResult(attempt && journalOf.get(attempt.attemptId)),
      toldEnd: attempt !== undefined && wasTold(instance, attempt),
    });
    return { commandId, phase };
  });
}

function hasResult(entry: JournalEntry | undefined): boolean {
  return entry !== undefined && ['ended', 'reported', 'dropped'].includes(entry.state);
}

function wasTold(instance: StoredInstance | undefined, { run, attempt }: AttemptRow): boolean {
  return ['result', 'lost'].some((kind) => instance?.events.has(`${kind}.${run}.${attempt}`));
}
