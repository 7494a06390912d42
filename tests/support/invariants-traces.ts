import { readInstances } from './faults-durable.ts';
import { type JournalEntry, readJournals } from './faults-journals.ts';
import { peekQueue } from './faults-queues.ts';
import { stagingContainer } from './faults-blobs.ts';
import type { Violation } from './invariants.ts';

/** What only a local stack shows: its orchestrations, journals, queues. */
export interface StackEvidence {
  readonly stateDir: string;
  readonly serviceBusConnection: string;
  /** Messages that had to be refused since the stack was started, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface AttemptRow {
  readonly attemptId: string;
  readonly commandId: string;
  readonly run: number;
  readonly status: string;
  readonly errorCode: string | null;
}

const QUEUES = ['esprit-commands', 'esprit-dispatch', 'esprit-results'];
/** What MCMS says of an attempt by itself; everything else is the workstation's word. */
const NOT_THE_WORKSTATIONS = ['OUTPUT_CORRUPT', 'QUEUE_LIMIT', 'COMMAND_LIMIT', 'INTERNAL'];

/** No orchestration goes on, or has failed, once all commands have ended. */
export async function violationsOfInstances({ stateDir }: StackEvidence): Promise<Violation[]> {
  return (await readInstances(stateDir))
    .filter(({ status }) => status !== 'Completed')
    .map(({ instanceId, status }) => ({ rule: 'instance-open', subject: instanceId, found: status }));
}

/** Queues are empty, and refused is what had to be. */
export async function violationsOfMessages(evidence: StackEvidence): Promise<Violation[]> {
  const found: Violation[] = [];
  const refused: Record<string, number> = {};
  for (const queue of QUEUES) {
    const left = await peekQueue(evidence.serviceBusConnection, queue);
    if (left.length > 0)
      found.push({ rule: 'message-left', subject: queue, found: `${left.length} messages` });
    for (const { deadLetterReason } of await peekQueue(
      evidence.serviceBusConnection,
      `${queue}/$DeadLetterQueue`,
    ))
      count(refused, `dead: ${deadLetterReason ?? 'no reason'}`);
  }
  for (const { applicationProperties } of await peekQueue(evidence.serviceBusConnection, 'esprit-rejected'))
    count(refused, String(applicationProperties?.['DeadLetterReason']));
  for (const reason of new Set([...Object.keys(refused), ...Object.keys(evidence.refused)])) {
    const [is, expected] = [refused[reason] ?? 0, evidence.refused[reason] ?? 0];
    if (is !== expected)
      found.push({ rule: 'message-refused', subject: reason, found: `${is} instead of ${expected}` });
  }
  return found;
}

/** What the tables say of an attempt's end is what its workstation wrote down, where the workstation had the say. */
export async function violationsOfJournals(
  { stateDir }: StackEvidence,
  attempts: readonly AttemptRow[],
): Promise<Violation[]> {
  const known = new Map((await readJournals(stateDir)).map((entry) => [entry.attemptId, entry]));
  return attempts.flatMap((attempt): Violation[] => {
    const told = toldOf(known.get(attempt.attemptId));
    const was =
      attempt.status === 'Succeeded'
        ? 'succeeded'
        : attempt.status === 'Failed' && !NOT_THE_WORKSTATIONS.includes(attempt.errorCode ?? '')
          ? `failed ${attempt.errorCode}`
          : undefined;
    return was === undefined || was === told
      ? []
      : [
          {
            rule: 'workstations-word',
            subject: attempt.attemptId,
            found: `${was}; its workstation: ${told}`,
          },
        ];
  });
}

/** What a successful attempt uploaded has been taken in and removed; what others left belongs to attempts that are known. */
export async function violationsOfStaging(
  blobConnection: string,
  attempts: readonly AttemptRow[],
): Promise<Violation[]> {
  const statuses = new Map(attempts.map(({ attemptId, status }) => [attemptId, status]));
  const found: Violation[] = [];
  for await (const { name } of (await stagingContainer(blobConnection)).listBlobsFlat({
    prefix: 'attempts/',
  })) {
    const status = statuses.get(name.split('/')[1] ?? '');
    if (status === undefined || status === 'Succeeded')
      found.push({ rule: 'staging-left', subject: name, found: status ?? 'no such attempt' });
  }
  return found;
}

interface FailedRun {
  readonly commandId: string;
  readonly run: number;
}

/** Every failed run is in one incident. `wanted` are the failed runs; `told` the rows of IncidentCommand. */
export function violationsOfIncidents(wanted: readonly FailedRun[], told: readonly FailedRun[]): Violation[] {
  const key = ({ commandId, run }: FailedRun): string => `${commandId}.r${run}`;
  const counts: Record<string, number> = {};
  for (const row of told) count(counts, key(row));
  const failed = new Set(wanted.map(key));
  return [...new Set([...failed, ...Object.keys(counts)])].flatMap((subject): Violation[] => {
    const [is, expected] = [counts[subject] ?? 0, failed.has(subject) ? 1 : 0];
    return is === expected
      ? []
      : [{ rule: 'told-once', subject, found: `${is} times instead of ${expected}` }];
  });
}

function toldOf(entry: JournalEntry | undefined): string {
  if (!entry) return 'knows nothing of it';
  if (entry.kind !== 'failed') return entry.kind ?? entry.state;
  const { error } = JSON.parse(entry.result ?? '{}') as { error?: { code: string } };
  return `failed ${error?.code ?? 'UNKNOWN'}`;
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
