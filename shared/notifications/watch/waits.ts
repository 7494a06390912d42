import { coveredMs } from '../../time/spans.ts';
import { WATCH_LIMITS, type Finding } from './findings.ts';
import { type PauseSpan, isInForce, pausesOfWork } from './pauses.ts';

/** Work of one kind that waits for a workstation: what wants the same of it, down to machine and post-processor. */
export interface WaitingLane {
  readonly application: string;
  readonly commandType: string;
  /** Since when the longest waiting of it could have been taken. */
  readonly since: string;
  /** The oldest of it. */
  readonly commandId: string;
}

export interface WaitExplanation {
  /** Why the command waits, in words; null: no reason is seen. */
  readonly reason: string | null;
  /** Those heard of lately that could take it, paused or not. */
  readonly workstations: readonly string[];
}

/** Explains why commands wait; those that do not wait any more are left out. Given by the app: commands are another area's. */
export type ExplainWaits = (commandIds: readonly string[]) => Promise<ReadonlyMap<string, WaitExplanation>>;

/** Lanes whose longest waiting item has waited too long, not counting the time it was paused; longest first. One cause may have several. */
export function longWaits(
  lanes: readonly WaitingLane[],
  explained: ReadonlyMap<string, WaitExplanation>,
  { pauses, now }: { readonly pauses: readonly PauseSpan[]; readonly now: Date },
): Finding[] {
  const late = lanes.filter((lane) => {
    const workstations = explained.get(lane.commandId)?.workstations ?? [];
    const covering = pausesOfWork(pauses, { ...lane, workstations });
    if (covering.some((pause) => isInForce(pause, now))) return false;
    const waitedMs = now.getTime() - Date.parse(lane.since) - coveredMs(covering, new Date(lane.since), now);
    return waitedMs > WATCH_LIMITS.queueWaitMs;
  });
  return late
    .toSorted((a, b) => Date.parse(a.since) - Date.parse(b.since))
    .map(({ application, commandType, since, commandId }) => ({
      cause: `wait:${application}:${commandType}`,
      kind: 'queue-wait',
      severity: 'high',
      application,
      commandType,
      errorMessage: explained.get(commandId)?.reason ?? null,
      since,
    }));
}
