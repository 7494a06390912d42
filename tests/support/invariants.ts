import { createHash } from 'node:crypto';
import type { ContainerClient } from '@azure/storage-blob';
import { contentContainer } from './faults-blobs.ts';
import { isLeftOver, readLedger, type LedgerEntry } from './faults-ledger.ts';
import { historyFaults, outOfOrder } from './invariants-history.ts';
import {
  type StackEvidence,
  violationsOfIncidents,
  violationsOfInstances,
  violationsOfJournals,
  violationsOfMessages,
  violationsOfStaging,
} from './invariants-traces.ts';
import type { ReadTable } from './tables.ts';

/**
 * What must hold once every command has ended, whatever died on the way. Told from the tables, the blobs and the
 * simulator's ledger themselves: the product is not asked.
 */
export interface Evidence {
  readonly readTable: ReadTable;
  readonly ledgerPath: string;
  readonly blobConnection: string;
  /** Given for a local stack: its orchestrations, journals and queues are looked at too. */
  readonly stack?: StackEvidence;
  /** Notifications that rightly wait, because what keeps them from being sent is still there; default none. */
  readonly mayWait?: ((notices: readonly NoticeRow[]) => ReadonlySet<string>) | undefined;
}

export const rules = {
  'command-open': 'a command has not ended',
  'attempt-open': 'an attempt has not ended',
  'one-result': 'a Succeeded command has one Succeeded attempt, any other none',
  'one-set-of-outputs': 'a Succeeded command has the files of its type, each once; any other has none',
  'output-attached': 'what a command made last under a name stands on its CAM revision',
  'history-once':
    'a command has one entry for its order, one per retry, one for the end of each run and one per file',
  'history-order': 'the entries of a command are in the order of their times',
  'content-intact': 'the bytes stored under a digest have that digest and size',
  'content-known': 'a file has stored content',
  'one-start': 'ESPRIT was started at most once per attempt',
  'start-known': 'ESPRIT was started for attempts of the database only',
  'success-ran': 'a Succeeded attempt was started and came to its end',
  'orphan-adapter': 'no adapter runs after the end',
  'work-left': 'no work item is left',
  'outbox-left': 'no outbox entry is left',
  'staging-left': 'nothing is left of what a successful attempt uploaded, and nothing of an unknown one',
  'told-once': 'every failed run belongs to one incident, once anybody is told of incidents',
  'told-unsent': 'no notification waits to be sent',
  'instance-open': 'every orchestration has completed',
  'message-left': 'no message is left in a queue',
  'message-refused': 'rejected and dead-lettered is what has to be',
  'cancel-obeyed': 'no workstation got an attempt that was queued after the cancellation of its run',
  'round-settled': 'everything comes to rest in time',
  'round-ended': 'a round of a fault test comes to its end, and what it left can be read',
  'workstations-word': 'an attempt ended as its workstation wrote down',
} as const;

export interface Violation {
  readonly rule: keyof typeof rules;
  /** The command, attempt, file or row at fault. */
  readonly subject: string;
  readonly found: string;
}

/** The files that a run of each type makes. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  GenerateNcProgram: ['nc-program', 'setup-sheet'],
  PostProcess: ['nc-program'],
  ExportSetupSheet: ['setup-sheet'],
  Simulate: [],
};

interface CommandRow {
  readonly commandId: string;
  readonly commandType: string;
  readonly status: string;
  readonly run: number;
  readonly cancelRequestedAt: string | null;
}
interface AttemptRow {
  readonly attemptId: string;
  readonly commandId: string;
  readonly run: number;
  readonly status: string;
  readonly queuedAt: string;
  readonly claimedAt: string | null;
  readonly endedAt: string | null;
  readonly errorCode: string | null;
}
interface FileRow {
  readonly fileId: string;
  readonly commandId: string | null;
  readonly routingId: string;
  readonly camRev: number;
  readonly fileName: string;
  readonly role: string;
  readonly sha256: string;
}
interface HistoryRow {
  readonly routingId: string | null;
  readonly camRev: number | null;
  readonly changeType: string;
  readonly field: string | null;
  readonly previousValue: string | null;
  readonly currentValue: string | null;
  readonly actorKind: string;
  readonly changedAt: string;
}
interface RunRow {
  readonly commandId: string;
  readonly run: number;
}
/** What the checker reads of a notification. */
export interface NoticeRow {
  readonly notificationId: string;
  readonly channel: string;
  readonly state: string;
  readonly lastError: string | null;
}
interface ContentRow {
  readonly sha256: string;
  readonly sizeBytes: number;
}

interface Facts {
  readonly commands: readonly CommandRow[];
  readonly attempts: readonly AttemptRow[];
  readonly outputs: readonly FileRow[];
  readonly routingFiles: readonly FileRow[];
  readonly history: readonly HistoryRow[];
  readonly told: ReadonlyMap<string, readonly HistoryRow[]>;
  readonly contents: readonly ContentRow[];
  readonly workItems: readonly { readonly attemptId: string; readonly state: string }[];
  readonly outbox: readonly { readonly outboxId: string; readonly destination: string }[];
  readonly incidents: readonly object[];
  readonly incidentCommands: readonly RunRow[];
  readonly notifications: readonly NoticeRow[];
  readonly ledger: readonly LedgerEntry[];
}

/** Everything that does not hold; empty when all does. */
export async function findViolations(evidence: Evidence): Promise<Violation[]> {
  const facts = {
    ...(await readDatabase(evidence.readTable)),
    ledger: await readLedger(evidence.ledgerPath),
  };
  const container = await contentContainer(evidence.blobConnection);
  return [
    ...facts.commands.flatMap((command) => violationsOfCommand(command, facts)),
    ...violationsOfFiles(facts),
    ...violationsOfRuns(facts),
    ...facts.workItems.map(({ attemptId, state }) => violation('work-left', attemptId, state)),
    ...facts.outbox.map(({ outboxId, destination }) => violation('outbox-left', outboxId, destination)),
    ...violationsOfTelling(facts, evidence.mayWait),
    ...(await violationsOfContents(facts.contents, container)),
    ...(await violationsOfStaging(evidence.blobConnection, facts.attempts)),
    ...(await orphans(facts.ledger)),
    ...(evidence.stack ? await violationsOfStack(evidence.stack, facts) : []),
  ];
}

async function violationsOfStack(stack: StackEvidence, { attempts }: Facts): Promise<Violation[]> {
  return [
    ...(await violationsOfInstances(stack)),
    ...(await violationsOfMessages(stack)),
    ...(await violationsOfJournals(stack, attempts)),
  ];
}

async function readDatabase(rows: ReadTable): Promise<Omit<Facts, 'ledger'>> {
  const history = await rows<HistoryRow>('HistoryEntry');
  return {
    history,
    told: entriesByCommand(history),
    commands: await rows('CamCommand'),
    attempts: await rows('CamCommandAttempt'),
    outputs: await rows('CamCommandOutput'),
    routingFiles: await rows('RoutingFile'),
    contents: await rows('StoredFile'),
    workItems: await rows('CamWorkItem'),
    outbox: await rows('Outbox'),
    incidents: await rows('Incident'),
    incidentCommands: await rows('IncidentCommand'),
    notifications: await rows('Notification'),
  };
}

function violationsOfCommand(command: CommandRow, facts: Facts): Violation[] {
  const { commandId, status, commandType } = command;
  const attempts = facts.attempts.filter((attempt) => attempt.commandId === commandId);
  const outputs = facts.outputs.filter((output) => output.commandId === commandId);
  const succeeded = status === 'Succeeded';
  const found: Violation[] = [];

  if (!['Succeeded', 'Failed', 'Cancelled'].includes(status))
    found.push(violation('command-open', commandId, status));
  for (const attempt of attempts) {
    if (attempt.endedAt === null || !['Succeeded', 'Failed', 'Lost', 'Cancelled'].includes(attempt.status))
      found.push(violation('attempt-open', attempt.attemptId, attempt.status));
  }
  const { cancelRequestedAt } = command;
  for (const { attemptId, run, queuedAt, claimedAt } of attempts) {
    const isLate = cancelRequestedAt !== null && run === command.run && queuedAt > cancelRequestedAt;
    if (isLate && claimedAt !== null)
      found.push(violation('cancel-obeyed', attemptId, `queued ${queuedAt}, cancelled ${cancelRequestedAt}`));
  }
  const results = attempts.filter((attempt) => attempt.status === 'Succeeded').length;
  if (results !== (succeeded ? 1 : 0))
    found.push(violation('one-result', commandId, `${status} with ${results} Succeeded attempts`));
  const wanted = succeeded ? (ROLES[commandType] ?? []) : [];
  const made = outputs.map(({ role }) => role).toSorted();
  if (made.join() !== wanted.toSorted().join())
    found.push(violation('one-set-of-outputs', commandId, made.join(', ') || 'none'));
  return [...found, ...violationsOfHistory(command, attempts, facts)];
}

/** The types of the entries that are about a command itself. */
const COMMAND_ENTRIES = ['Requested', 'Retrying', 'RetryRequested', 'Succeeded', 'Failed', 'Cancelled'].map(
  (type) => `Command${type}`,
);

/** What an entry about a command names it by: its label, which ends in its id, and perhaps the number of a run. */
const LABEL = /([0-9a-f]{8}-[0-9a-f-]{27})(?: run \d+)?$/;

/** Each command's own entries, oldest first. */
function entriesByCommand(history: readonly HistoryRow[]): Map<string, HistoryRow[]> {
  const entries = new Map<string, HistoryRow[]>();
  for (const entry of history.filter(({ changeType }) => COMMAND_ENTRIES.includes(changeType))) {
    const [, commandId = ''] =
      LABEL.exec(entry.previousValue ?? '') ?? LABEL.exec(entry.currentValue ?? '') ?? [];
    entries.set(commandId, [...(entries.get(commandId) ?? []), entry]);
  }
  return entries;
}

function violationsOfHistory(
  command: CommandRow,
  attempts: readonly AttemptRow[],
  { told }: Facts,
): Violation[] {
  const entries = told.get(command.commandId) ?? [];
  const disorder = outOfOrder(entries);
  return [
    ...historyFaults(command, attempts, entries).map((found) =>
      violation('history-once', command.commandId, found),
    ),
    ...(disorder ? [violation('history-order', command.commandId, disorder)] : []),
  ];
}

/** Nothing while no incident was ever written: then nobody is told of any. */
function violationsOfTelling(facts: Facts, mayWait: Evidence['mayWait']): Violation[] {
  if (facts.incidents.length + facts.incidentCommands.length === 0) return [];
  const failed = facts.commands.flatMap(({ commandId, run, status }) => {
    const ends = (facts.told.get(commandId) ?? []).filter(({ changeType }) =>
      ['CommandFailed', 'CommandSucceeded', 'CommandCancelled'].includes(changeType),
    );
    const earlier = ends
      .slice(0, run - 1)
      .flatMap(({ changeType }, index) =>
        changeType === 'CommandFailed' ? [{ commandId, run: index + 1 }] : [],
      );
    return status === 'Failed' ? [...earlier, { commandId, run }] : earlier;
  });
  const waiting = mayWait?.(facts.notifications);
  return [
    ...violationsOfIncidents(failed, facts.incidentCommands),
    ...facts.notifications
      .filter(({ notificationId, state }) => state !== 'Sent' && !waiting?.has(notificationId))
      .map(({ notificationId, state }) => violation('told-unsent', notificationId, state)),
  ];
}

function violationsOfFiles({ outputs, routingFiles, contents, history }: Facts): Violation[] {
  const known = new Set(contents.map(({ sha256 }) => sha256));
  const found = [...outputs, ...routingFiles]
    .filter(({ sha256 }) => !known.has(sha256))
    .map(({ fileId, sha256 }) => violation('content-known', fileId, `nothing is stored under ${sha256}`));

  // Later outputs of the same name replace earlier ones; rows are in the order in which they were made.
  const last = new Map(outputs.map((output) => [placeOf(output), output]));
  const attached = new Set(routingFiles.map(({ fileId }) => fileId));
  for (const output of last.values()) {
    if (!attached.has(output.fileId))
      found.push(violation('output-attached', output.fileId, output.fileName));
  }

  const entries = countBy(
    history.filter(
      ({ changeType, actorKind }) =>
        ['FileAdded', 'FileReplaced'].includes(changeType) && actorKind === 'workstation',
    ),
    ({ routingId, camRev, field, currentValue }) => [routingId, camRev, field, currentValue].join(' '),
  );
  const made = countBy(outputs, (output) =>
    [output.routingId, output.camRev, `file ${output.fileName}`, `sha256 ${output.sha256}`].join(' '),
  );
  for (const key of new Set([...entries.keys(), ...made.keys()])) {
    const [told, were] = [entries.get(key) ?? 0, made.get(key) ?? 0];
    if (told !== were) found.push(violation('history-once', key, `${told} entries for ${were} outputs`));
  }
  return found;
}

function violationsOfRuns({ attempts, ledger }: Facts): Violation[] {
  const starts = ledger.filter(({ event }) => event === 'start');
  const startsOf = countBy(starts, ({ attemptId }) => attemptId);
  const ended = new Set(ledger.filter(({ event }) => event === 'end').map(({ attemptId }) => attemptId));
  const commandOf = new Map(attempts.map(({ attemptId, commandId }) => [attemptId, commandId]));
  return [
    ...[...startsOf]
      .filter(([, count]) => count > 1)
      .map(([attemptId, count]) => violation('one-start', attemptId, `${count} starts`)),
    ...starts
      .filter(({ attemptId, commandId }) => commandOf.get(attemptId) !== commandId)
      .map(({ attemptId, commandId }) => violation('start-known', attemptId, `for command ${commandId}`)),
    ...attempts
      .filter(
        ({ status, attemptId }) =>
          status === 'Succeeded' && !(startsOf.has(attemptId) && ended.has(attemptId)),
      )
      .map(({ attemptId }) => violation('success-ran', attemptId, 'the ledger lacks its start or end')),
  ];
}

async function violationsOfContents(
  contents: readonly ContentRow[],
  container: ContainerClient,
): Promise<Violation[]> {
  const found = await Promise.all(
    contents.map(async ({ sha256, sizeBytes }): Promise<Violation[]> => {
      const blob = container.getBlobClient(`sha256/${sha256}`);
      if (!(await blob.exists())) return [violation('content-intact', sha256, 'there is no blob')];
      const bytes = await blob.downloadToBuffer();
      const actual = createHash('sha256').update(bytes).digest('hex');
      return actual === sha256 && bytes.length === sizeBytes
        ? []
        : [violation('content-intact', sha256, `${bytes.length} bytes with SHA-256 ${actual}`)];
    }),
  );
  return found.flat();
}

async function orphans(ledger: readonly LedgerEntry[]): Promise<Violation[]> {
  const runs = ledger.filter(({ event }) => event === 'start');
  const left = await Promise.all(runs.map((run) => isLeftOver(run, ledger)));
  return runs
    .filter((_, index) => left[index])
    .map(({ attemptId, pid }) => violation('orphan-adapter', attemptId, `process ${pid}`));
}

function placeOf({ routingId, camRev, fileName }: FileRow): string {
  return [routingId, camRev, fileName].join(' ');
}

function countBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
  return counts;
}

function violation(rule: Violation['rule'], subject: string, found: string): Violation {
  return { rule, subject, found };
}
