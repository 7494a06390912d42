/** A process that lived shorter than this died of its start, or soon after. */
const QUICK_DEATH_MS = 10_000;
const FREE_RESTARTS = 2;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;

/** What became of one process after another of the same part. */
export interface DeathRecord {
  /** Quick deaths in a row up to now. */
  readonly quickDeaths: number;
  /** How long to wait before the next start. */
  readonly delayMs: number;
}

/** Restart at once; from the third quick death in a row on wait, doubling up to 10 s. It never ends in giving up. */
export function afterDeath(quickDeathsBefore: number, livedMs: number): DeathRecord {
  const quickDeaths = livedMs < QUICK_DEATH_MS ? quickDeathsBefore + 1 : 0;
  const paid = quickDeaths - FREE_RESTARTS;
  const delayMs = paid <= 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (paid - 1));
  return { quickDeaths, delayMs };
}
