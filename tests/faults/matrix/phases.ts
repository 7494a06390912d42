/** Where a command is, from the order to the end of its run. */
export const PHASES = [
  'accepted',
  'begun',
  'waiting',
  'claimed',
  'running',
  'uploading',
  'reported',
  'concluding',
  'backoff',
] as const;
export type Phase = (typeof PHASES)[number];

/** What tells a phase; of the command's latest attempt, as far as there is one. */
export interface PhaseFacts {
  /** Undefined while no row has been written: a producer's message on its way. */
  readonly status: string | undefined;
  /** Its orchestration exists. */
  readonly begun: boolean;
  /** The attempt has been put into the work queue; `ended` by its row. */
  readonly attempt: { readonly ended: boolean } | undefined;
  readonly workItem: string | undefined;
  /** By the simulator's ledger. */
  readonly espritStarted: boolean;
  readonly espritEnded: boolean;
  /** The agent's journal holds the result. */
  readonly resultKnown: boolean;
  /** The orchestration has been told of the attempt's end. */
  readonly toldEnd: boolean;
}

const FINAL = ['Succeeded', 'Failed', 'Cancelled'];

/** The phase of a command; `ended` for one whose run is over. Pure. */
export function phaseOf(facts: PhaseFacts): Phase | 'ended' {
  const { status, begun, attempt, workItem } = facts;
  if (status !== undefined && FINAL.includes(status)) return 'ended';
  if (!begun) return 'accepted';
  if (!attempt) return 'begun';
  if (attempt.ended) return 'backoff';
  if (facts.toldEnd || workItem === undefined || workItem === 'Lost') return 'concluding';
  if (workItem === 'Waiting') return 'waiting';
  if (facts.resultKnown) return 'reported';
  if (facts.espritEnded) return 'uploading';
  return facts.espritStarted ? 'running' : 'claimed';
}
