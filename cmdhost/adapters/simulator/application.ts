import type { AdapterJob, AdapterOutput } from '../contract.ts';

/** A file to be written into the output folder. */
export interface Output extends AdapterOutput {
  readonly text: string;
}

/** What a command came to: its files, and a line for the log. */
export interface Made {
  readonly outputs: readonly Output[];
  readonly summary: string;
}

/** The CAM program that is stood in for. */
export interface Application {
  readonly name: string;
  /** Error code when no licence is free. */
  readonly licenceBusy: string;
  /** What it says it does before and during the work. */
  readonly opening: string;
  readonly working: string;
  /**
   * By command type. The same job always gives the same bytes.
   * @throws {InvalidInputError} for a job that the program would refuse
   */
  readonly commands: ReadonlyMap<string, (job: AdapterJob) => Promise<Made>>;
}
