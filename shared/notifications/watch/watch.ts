import type { NotificationSettings } from '../../config/notifications.ts';
import type { Database } from '../../data/index.ts';
import { UnavailableError } from '../../errors.ts';
import { createLogger } from '../../telemetry/index.ts';
import type { Clock } from '../../time/clock.ts';
import type { IncidentKind } from '../contracts.ts';
import { AUTOMATIC, type IncidentRow, incidentFactsOf, markTold } from '../incident-rows.ts';
import { writeNotifications } from '../outgoing.ts';
import { type Recipient, escalationRecipients, operatorRecipients } from '../recipients.ts';
import { solveRow } from '../solve.ts';
import { type DeadLetterCount, type QueueTrouble, deadLetterFindings } from './dead-letters.ts';
import { readDueEscalations, readDueFollowUp, readDueFollowUps } from './due.ts';
import { type Finding, WATCH_LIMITS, expiringCertificates, lostWorkstations, reconcile } from './findings.ts';
import { growIncident, openFinding } from './open.ts';
import {
  readMendedFailures,
  readOpenFound,
  readPauses,
  readSolvedByPeople,
  readWaitingLanes,
  readWorkstations,
} from './reads.ts';
import { type ExplainWaits, longWaits } from './waits.ts';

export interface WatchDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly settings: NotificationSettings;
  readonly deadLetters: DeadLetterCount;
  readonly explainWaits: ExplainWaits;
}

/** What the watch remembers between its rounds; times in milliseconds since the epoch. */
export interface WatchMemory {
  /** Since when every round has found the database. */
  readonly healthySince: number | null;
  readonly lastRoundAt: number | null;
}
export const UNWATCHED_INCIDENTS: WatchMemory = { healthySince: null, lastRoundAt: null };

/** Rounds further apart than this (process stopped, machine asleep) begin anew. */
const GAP_MS = 60_000;
const MENDED = 'All commands of this incident have succeeded or been cancelled.';
const OVER = 'It is over by itself.';
const log = createLogger('notifications');

/**
 * One round: opens incidents for what is wrong now, solves those that are over, tells of those that go on, and escalates those that
 * nobody takes care of.
 */
export async function watchIncidents(deps: WatchDeps, before: WatchMemory): Promise<WatchMemory> {
  const now = deps.clock.now();
  const memory = remember(before, now);
  const { judged, findings } = await look(deps, memory, now);
  const openRows = await readOpenFound(deps.database);
  const fresh = findings.filter(({ cause }) => openRows.every((row) => row.cause !== cause));
  const solvedByPeople = await readSolvedByPeople(
    deps.database,
    fresh.map(({ cause }) => cause),
  );
  const decided = reconcile({ judged, findings, openRows, solvedByPeople });
  for (const finding of decided.open) await openFinding(deps, finding);
  for (const growth of decided.grow) await growIncident(deps, growth);
  for (const row of decided.solve) await solveAutomatically(deps, row, OVER);
  for (const row of await readMendedFailures(deps.database)) await solveAutomatically(deps, row, MENDED);
  await tellOfOpenOnes(deps, now);
  return memory;
}

function remember(before: WatchMemory, now: Date): WatchMemory {
  const at = now.getTime();
  const gapMs = before.lastRoundAt === null ? Infinity : at - before.lastRoundAt;
  const unbroken = gapMs >= 0 && gapMs <= GAP_MS;
  return { healthySince: (unbroken ? before.healthySince : null) ?? at, lastRoundAt: at };
}

interface Look {
  readonly judged: readonly IncidentKind[];
  readonly findings: readonly Finding[];
}

async function look(deps: WatchDeps, memory: WatchMemory, now: Date): Promise<Look> {
  const { database } = deps;
  const workstations = await readWorkstations(database, now);
  const lanes = await readWaitingLanes(database, now);
  const explained = await deps.explainWaits(lanes.map(({ commandId }) => commandId));
  const pauses = await readPauses(database, lanes[0]?.since ?? now.toISOString());
  const troubles = await countDeadLetters(deps);
  // While this process or the database was away no workstation could be heard: only an unbroken watch may miss one.
  const sure = now.getTime() - (memory.healthySince ?? now.getTime()) >= WATCH_LIMITS.workstationSilentMs;
  return {
    judged: [
      'queue-wait',
      'certificate-expiring',
      ...(sure ? (['workstation-lost'] as const) : []),
      ...(troubles ? (['dead-letters'] as const) : []),
    ],
    findings: [
      ...longWaits(lanes, explained, { pauses, now }),
      ...expiringCertificates(workstations, now),
      ...(sure ? lostWorkstations(workstations, pauses, now) : []),
      ...(troubles ? deadLetterFindings(troubles, now) : []),
    ],
  };
}

/** Undefined when the broker does not answer: then nothing is known, neither good nor bad. */
async function countDeadLetters(deps: WatchDeps): Promise<readonly QueueTrouble[] | undefined> {
  try {
    return await deps.deadLetters.countDeadLetters();
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    log.warn('dead letters could not be counted in this round', { error });
    return undefined;
  }
}

async function solveAutomatically(deps: WatchDeps, row: IncidentRow, solution: string): Promise<void> {
  const change = {
    by: AUTOMATIC,
    kind: 'service',
    at: deps.clock.now().toISOString(),
    comment: solution,
  } as const;
  // One that has changed meanwhile, by a further failure for example, is looked at again in the next round.
  await deps.database.transaction((trx) => solveRow(trx, row, change));
}

async function tellOfOpenOnes(deps: WatchDeps, now: Date): Promise<void> {
  for (const row of await readDueFollowUps(deps.database, now)) await followUp(deps, row, now);
  const recipients = escalationRecipients(deps.settings);
  if (recipients.length === 0) return;
  for (const row of await readDueEscalations(deps.database, deps.settings.smsAfterMs, now))
    await escalate(deps, row, { recipients, now });
}

async function followUp(
  deps: WatchDeps,
  { incidentId, toldOccurrences }: IncidentRow,
  now: Date,
): Promise<void> {
  const at = now.toISOString();
  const recipients = operatorRecipients(deps.settings);
  await deps.database.transaction(async (trx) => {
    // Holds the row and changes nothing of it: a host that has its round at once looks only when this one has written.
    const { numUpdatedRows } = await trx
      .updateTable('Incident')
      .set({ toldOccurrences })
      .where('incidentId', '=', incidentId)
      .where('state', '<>', 'Solved')
      .where('toldOccurrences', '=', toldOccurrences)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return;
    const row = await readDueFollowUp(trx, incidentId, now);
    if (!row) return;
    const { occurrences } = row;
    if (recipients.length === 0) await markTold(trx, { incidentId, occurrences, at });
    // The time, because what is told anew after it was given up may be as much as before.
    const key = `incident:${incidentId}:updated:${occurrences}:${at}`;
    await writeNotifications(trx, { key, facts: incidentFactsOf(row, 'updated'), at }, recipients);
  });
}

async function escalate(
  deps: WatchDeps,
  row: IncidentRow,
  { recipients, now }: { readonly recipients: readonly Recipient[]; readonly now: Date },
): Promise<void> {
  const at = now.toISOString();
  const facts = incidentFactsOf(row, 'escalated');
  await deps.database.transaction(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('Incident')
      .set((eb) => ({ escalatedAt: at, version: eb('version', '+', 1) }))
      .where('incidentId', '=', row.incidentId)
      .where('state', '=', 'Open')
      .where('escalatedAt', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows > 0n)
      await writeNotifications(trx, { key: `incident:${row.incidentId}:escalated`, facts, at }, recipients);
  });
}
