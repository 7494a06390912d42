import type { IncidentKind } from '../contracts.ts';
import type { IncidentRow, Opening } from '../incident-rows.ts';
import { type QueueTrouble, occurrencesNow } from './dead-letters.ts';
import { type PauseSpan, isInForce } from './pauses.ts';

/** Something wrong at this moment. */
export interface Finding extends Opening {
  /** What has gone on since then is the same trouble: a person who solved it later has dealt with it. */
  readonly since: string;
  /** Of dead letters: the sequence numbers that are there, and what came last while this process looked. */
  readonly numbers?: readonly number[] | undefined;
  readonly arrived?: QueueTrouble['arrived'];
}

/** Limits of what is still right, in milliseconds. */
export const WATCH_LIMITS = {
  workstationSilentMs: 2 * 60_000,
  /** A workstation that has been away for longer has been put away. */
  workstationForgottenMs: 3 * 86_400_000,
  queueWaitMs: 2 * 60_000,
  certificateMs: 30 * 86_400_000,
  certificateUrgentMs: 7 * 86_400_000,
} as const;

export interface WorkstationFacts {
  readonly name: string;
  readonly lastSeenAt: string;
  readonly certificateExpiresAt: string | null;
}

/** Workstations that were there in the last days and are not heard of, though nobody paused them. */
export function lostWorkstations(
  workstations: readonly WorkstationFacts[],
  pauses: readonly PauseSpan[],
  now: Date,
): Finding[] {
  const paused = new Set(
    pauses.filter((pause) => isInForce(pause, now)).map(({ workstation }) => workstation),
  );
  return workstations
    .filter(({ name, lastSeenAt }) => {
      const silentMs = now.getTime() - Date.parse(lastSeenAt);
      const { workstationSilentMs, workstationForgottenMs } = WATCH_LIMITS;
      return silentMs > workstationSilentMs && silentMs < workstationForgottenMs && !paused.has(name);
    })
    .map(({ name, lastSeenAt }) => ({
      cause: `workstation:${name}`,
      kind: 'workstation-lost',
      severity: 'high',
      workstation: name,
      errorMessage: lastSeenAt,
      since: lastSeenAt,
    }));
}

export function expiringCertificates(workstations: readonly WorkstationFacts[], now: Date): Finding[] {
  return workstations.flatMap(({ name, lastSeenAt, certificateExpiresAt }): Finding[] => {
    if (certificateExpiresAt === null) return [];
    const leftMs = Date.parse(certificateExpiresAt) - now.getTime();
    const silentMs = now.getTime() - Date.parse(lastSeenAt);
    if (leftMs > WATCH_LIMITS.certificateMs || silentMs > WATCH_LIMITS.certificateMs) return [];
    return [
      {
        cause: `certificate:${name}:${certificateExpiresAt.slice(0, 10)}`,
        kind: 'certificate-expiring',
        severity: leftMs < WATCH_LIMITS.certificateUrgentMs ? 'high' : 'medium',
        workstation: name,
        errorMessage: certificateExpiresAt,
        // The cause names the certificate: whoever solved it has dealt with this one.
        since: new Date(0).toISOString(),
      },
    ];
  });
}

/** What was there when a person last solved an incident of a cause. */
export interface SolvedByPerson {
  readonly at: string;
  /** Of dead letters: the highest sequence number noted. */
  readonly highestNumber: number | null;
}

/** More of an open incident than was noted. */
export interface Growth {
  readonly row: IncidentRow;
  readonly finding: Finding;
  /** How often it has happened by now; that it has become severe counts as once more, and so is told of. */
  readonly occurrences: number;
}

export interface Reconciliation {
  readonly open: readonly Finding[];
  readonly grow: readonly Growth[];
  readonly solve: readonly IncidentRow[];
}

/**
 * What to do about the incidents of the kinds that were judged: open what is new, note what has become more, solve what is over. What a
 * person solved after it began is not opened again while it lasts.
 */
export function reconcile(given: {
  readonly judged: readonly IncidentKind[];
  readonly findings: readonly Finding[];
  readonly openRows: readonly IncidentRow[];
  /** By cause. */
  readonly solvedByPeople: ReadonlyMap<string, SolvedByPerson>;
}): Reconciliation {
  const { findings, solvedByPeople } = given;
  const rows = given.openRows.filter((row) => given.judged.some((kind) => kind === row.kind));
  const rowOf = new Map(rows.map((row) => [row.cause, row]));
  const found = new Set(findings.map(({ cause }) => cause));
  return {
    open: firstOfEachCause(
      findings.filter(
        (finding) => !rowOf.has(finding.cause) && !isDealtWith(finding, solvedByPeople.get(finding.cause)),
      ),
    ),
    grow: findings.flatMap((finding) => {
      const row = rowOf.get(finding.cause);
      if (!row) return [];
      const occurrences = occurrencesNow(row, finding) + (hasBecomeSevere(row, finding) ? 1 : 0);
      return occurrences > row.occurrences ? [{ row, finding, occurrences }] : [];
    }),
    solve: rows.filter(({ cause }) => !found.has(cause)),
  };
}

function hasBecomeSevere(row: Pick<IncidentRow, 'severity'>, { severity }: Finding): boolean {
  return severity === 'high' && row.severity !== 'high';
}

/** Nothing of it is newer than what a person has dealt with. */
function isDealtWith({ since, highestNumber }: Finding, solved: SolvedByPerson | undefined): boolean {
  if (!solved || since > solved.at) return false;
  return (highestNumber ?? 0) <= (solved.highestNumber ?? Infinity);
}

function firstOfEachCause(findings: readonly Finding[]): Finding[] {
  return [...Map.groupBy(findings, ({ cause }) => cause).values()].flatMap(([first]) => first ?? []);
}
