import type { Statement } from './recording.ts';

/** The driver alone, on a connection of its own. It reads all rows into objects and leaves their values as they come. */
export interface BareDriver {
  /**
   * What runs these statements, those of a transaction in one. Texts and parameters are made ready now; the runner gives the number of
   * rows that the last statement read.
   */
  ready(statements: readonly Statement[]): () => Promise<number>;
  close(): void;
}
