import { type Span, coveredMs } from '../time/spans.ts';
import { type AttemptDeps, type AttemptKey, findAttempt, requireCommand } from './attempts.ts';
import type { LimitName } from './decide-waits.ts';
import { waitsForPausedWorkstations } from './wait-reasons.ts';
import { pausesOverlapping } from './paused-time.ts';

/** What a look at a limit found. `lookAgainAt` (ISO 8601 UTC) is null when the limit is passed or binds nothing any more. */
export interface LimitLook {
  readonly late: boolean;
  readonly lookAgainAt: string | null;
}

export interface Limit {
  readonly limit: LimitName;
  /** ISO 8601 UTC: from when on its time counts. */
  readonly since: string;
  readonly limitMs: number;
}

/**
 * In a pause of unknown end a limit is looked at again after this share of the pause so far, at least: a long pause must not grow
 * the histories of the runs that wait in it.
 */
const PAUSE_SHARE = 1 / 8;
const LEAST_WAIT_MS = 60_000;

/** Whether a limit whose time has come is passed. Time in which the command was paused does not count. */
export async function lookAtLimit(
  deps: Pick<AttemptDeps, 'database' | 'clock' | 'commandTypes'>,
  key: AttemptKey,
  limit: Limit,
): Promise<LimitLook> {
  const { read } = deps.database;
  if (limit.limit === 'queue' && (await findAttempt(read, key))?.status !== 'Waiting')
    return { late: false, lookAgainAt: null };
  const now = deps.clock.now();
  const command = await requireCommand(read, key.commandId);
  const pauses = await pausesOverlapping(read, command, limit.since, now.toISOString());
  const look = judgeLimit(limit, pauses, now);
  if (!look.late || !(await waitsForPausedWorkstations(read, now, command, deps))) return look;
  // Nobody wrote down which workstations could have taken it when; while all are paused, at least, it is not late.
  return { late: false, lookAgainAt: new Date(now.getTime() + LEAST_WAIT_MS).toISOString() };
}

/** The decision about a limit, pure. `pauses`: all that were in force at some time since the limit's time began. */
export function judgeLimit(
  { since, limitMs }: Omit<Limit, 'limit'>,
  pauses: readonly Span[],
  now: Date,
): LimitLook {
  const from = new Date(since);
  const pausedMs = coveredMs(pauses, from, now);
  const leftMs = limitMs - (now.getTime() - from.getTime() - pausedMs);
  if (leftMs <= 0) return { late: true, lookAgainAt: null };
  const again = nextLookMs({ leftMs, pausedMs, pauses, now });
  return { late: false, lookAgainAt: new Date(Math.ceil(again)).toISOString() };
}

/** When to look at a limit again of which `leftMs` are left (milliseconds since the epoch). */
function nextLookMs(look: {
  readonly leftMs: number;
  readonly pausedMs: number;
  readonly pauses: readonly Span[];
  readonly now: Date;
}): number {
  const { leftMs, pausedMs, pauses } = look;
  const now = look.now.getTime();
  // Without a pause the time was over when this was asked: so much is this host's clock behind the one that asked.
  if (pauses.length === 0) return now + 2 * leftMs + LEAST_WAIT_MS;
  const resumesAt = resumption(pauses, look.now);
  if (resumesAt === undefined) return now + Math.max(leftMs, pausedMs * PAUSE_SHARE, LEAST_WAIT_MS);
  const again = resumesAt.getTime() + leftMs;
  // So near an instant may have passed for the one that asks, whose timer would fire at once and ask the same again.
  return again < now + LEAST_WAIT_MS ? again + LEAST_WAIT_MS : again;
}

/** When the pauses in force end: now when none is, undefined when nobody knows. Pauses that meet count as one. */
function resumption(pauses: readonly Span[], now: Date): Date | undefined {
  let end = now.getTime();
  for (const pause of pauses.toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from))) {
    if (Date.parse(pause.from) > end) continue;
    if (pause.until === null) return undefined;
    end = Math.max(end, Date.parse(pause.until));
  }
  return new Date(end);
}
