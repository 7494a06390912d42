import type { RetryPolicy } from './command-types.ts';
import type { CommandError } from './contracts.ts';

/**
 * How an attempt ended, as far as the next step is concerned. `cancelled`: its agent stopped it because it was asked to. `lost` has
 * an error when its agent could still say why.
 */
export type AttemptOutcome =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'lost'; readonly error?: CommandError | undefined }
  | { readonly kind: 'failed'; readonly error: CommandError };

/** A policy as a run's history holds it; what was added after version 0.1 may be missing. */
export type RecordedRetryPolicy = Omit<RetryPolicy, 'jitter' | 'permanentCodes'> &
  Partial<Pick<RetryPolicy, 'jitter' | 'permanentCodes'>>;

/** Attempts of this run so far, this one included. */
export interface Tally {
  readonly failed: number;
  readonly lost: number;
}

export type Decision =
  | { readonly next: 'succeed' }
  | { readonly next: 'cancel' }
  | { readonly next: 'retry'; readonly delayMs: number; readonly tally: Tally; readonly error: CommandError }
  | { readonly next: 'fail'; readonly tally: Tally; readonly error: CommandError };

const LOST: CommandError = {
  code: 'AGENT_LOST',
  message: 'The workstation stopped reporting while it ran this attempt.',
  retryable: true,
};

/**
 * What follows the end of an attempt. A lost attempt is not the order's fault and has a budget of its own, so that a workstation
 * that restarts does not use up the attempts of a sound order. Pure: the orchestration replays it.
 * @param jitter 0 to 1, taken from the caller's own deterministic source.
 */
export function decideNext(
  policy: RecordedRetryPolicy,
  before: Tally,
  outcome: AttemptOutcome,
  options: {
    readonly cancelRequested: boolean;
    /** What the command fails with because its time is over, however this attempt ended without success. */
    readonly overdue?: CommandError | undefined;
    readonly jitter: number;
  },
): Decision {
  if (outcome.kind === 'succeeded') return { next: 'succeed' };
  if (options.cancelRequested) return { next: 'cancel' };
  if (options.overdue) return { next: 'fail', tally: before, error: options.overdue };
  if (outcome.kind === 'cancelled') return { next: 'cancel' };
  if (outcome.kind === 'lost') {
    const tally = { ...before, lost: before.lost + 1 };
    // The reason is the agent's to tell, not whether an order that did nothing wrong is tried again.
    const error = { ...(outcome.error ?? LOST), retryable: true };
    if (tally.lost > policy.maxLost) return { next: 'fail', tally, error };
    return { next: 'retry', delayMs: backoffMs(policy, tally.lost, options.jitter), tally, error };
  }
  const tally = { ...before, failed: before.failed + 1 };
  const { error } = outcome;
  if (isPermanent(policy, error) || tally.failed >= policy.maxAttempts) return { next: 'fail', tally, error };
  return { next: 'retry', delayMs: backoffMs(policy, tally.failed, options.jitter), tally, error };
}

/** True for an error that no further attempt can mend. Policies of runs that version 0.1 began name no codes. */
export function isPermanent(policy: RecordedRetryPolicy, error: CommandError): boolean {
  return !error.retryable || (policy.permanentCodes ?? []).includes(error.code);
}

/** Wait after the `count`-th failure: exponential up to the cap, then shortened by the policy's jitter times `jitter` (0 to 1). */
export function backoffMs(policy: RecordedRetryPolicy, count: number, jitter: number): number {
  const full = Math.min(policy.firstDelayMs * policy.factor ** (count - 1), policy.maxDelayMs);
  return Math.round(full * (1 - (policy.jitter ?? 0.2) * (1 - jitter)));
}

/** 0 to 1 from a text, the same for the same text: randomness that an orchestration may use (FNV-1a). */
export function jitterOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash / 0xffffffff;
}

/** Attempts a command may have in all, as shown to people: lost ones come on top. */
export function maxAttemptsShown(policy: Pick<RetryPolicy, 'maxAttempts'>, lost: number): number {
  return policy.maxAttempts + lost;
}

/** Wait before an activity is tried again while a service it needs is away: 0.5 s doubling to 10 s. */
export function outageDelayMs(tries: number): number {
  return Math.min(500 * 2 ** (tries - 1), 10_000);
}
