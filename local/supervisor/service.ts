import type { StackSettings } from './settings.ts';

/** A port that a part listens on, with the setting that changes it. */
export interface PortClaim {
  readonly port: number;
  readonly setting: string;
}

interface Part {
  /** Short and unique: key in pids.json, name of the log file, prefix on the terminal. */
  readonly name: string;
  /** TypeScript file, relative to the checkout and with forward slashes: the part's name in every process list. */
  readonly entry: string;
  readonly args?: readonly string[];
  /** App settings of this process; a variable that the user set wins over them. */
  env?(settings: StackSettings): Readonly<Record<string, string>>;
  /** Names of the parts that are ready, or have run, before this one starts. */
  readonly dependsOn: readonly string[];
  /** Files that must exist before the process starts, for example its configuration. */
  prepare?(settings: StackSettings): Promise<void>;
}

/**
 * A process that runs as long as the stack. It sends `{type: 'ready'}` over the IPC channel once it answers, and ends when the
 * channel closes (`local/child.ts` does both): that is how it is stopped, and how it ends when the supervisor is killed.
 */
export interface ServicePlugin extends Part {
  readonly kind: 'service';
  /** Flags of Node itself. */
  readonly nodeFlags?: readonly string[];
  ports?(settings: StackSettings): readonly PortClaim[];
  /** What the table at the end of the start says, for example the address. */
  address(settings: StackSettings): string;
  /** Further files the process loads at run time, relative to the checkout: with `--watch` a change restarts it. */
  readonly watches?: readonly string[];
  /** With `--watch` a debugger may attach to this process. */
  readonly debuggable?: boolean;
}

/** A process that runs to its end during the start; an exit code other than 0 stops the start. */
export interface TaskPlugin extends Part {
  readonly kind: 'task';
}

export type Plugin = ServicePlugin | TaskPlugin;
