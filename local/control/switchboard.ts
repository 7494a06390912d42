/** Fault switches of one part: seen, changed and reset. */
export interface Switchboard {
  /** Every switch that stands. */
  view(): unknown;
  /** Carries out what is asked; throws ZodError for what it does not know. */
  change(wanted: unknown): unknown;
  /** As if no switch had ever been touched. */
  reset(): unknown;
}
