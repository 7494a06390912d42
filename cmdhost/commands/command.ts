/** One thing that `cmdhost` can be asked to do. */
export interface Command {
  readonly name: string;
  /** One line for `cmdhost --help`. */
  readonly summary: string;
  /**
   * Does it; what goes wrong is thrown in a sentence for the person at the screen.
   * @param args what follows the command's name
   */
  run(args: readonly string[]): Promise<void>;
}
