import type { ChildLog } from './child-log.ts';
import { spawnService, spawnTask } from './spawn.ts';
import type { ServicePlugin, TaskPlugin } from './service.ts';
import type { StackSettings } from './settings.ts';
import { SupervisedChild, type Timers } from './supervised-child.ts';

/** A plugin of a stack that is being started or runs. */
export interface RunningPart {
  /** Resolves when parts that depend on it may start. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): void;
  /** Puts a fresh process in place of the running one. */
  replace(): Promise<void>;
}

export interface PartOptions {
  readonly settings: StackSettings;
  readonly timers: Timers;
  readonly log: ChildLog;
  readonly report: (line: string) => void;
  readonly onPid: (pid: number | undefined) => void;
  /** Given with `--watch`. */
  readonly inspectPort?: number;
  readonly watch: boolean;
}

export function createServicePart(plugin: ServicePlugin, options: PartOptions): RunningPart {
  const { settings, timers, log, report, onPid, inspectPort, watch } = options;
  const flags = inspectPort === undefined ? [] : [`--inspect=127.0.0.1:${inspectPort}`];
  const child = new SupervisedChild({
    name: plugin.name,
    spawn: () => spawnService(plugin, settings, flags),
    timers,
    log,
    report,
    onPid,
    neverFailStart: watch,
  });
  return {
    start: async () => {
      await plugin.prepare?.(settings);
      await child.start();
    },
    stop: () => child.stop(),
    kill: () => child.kill(),
    replace: () => child.replace(),
  };
}

export function createTaskPart(plugin: TaskPlugin, options: PartOptions): RunningPart {
  const { settings, log, onPid } = options;
  let stopping = false;
  let kill: () => void = () => undefined;
  let ended: Promise<unknown> = Promise.resolve();
  const run = async (): Promise<void> => {
    if (stopping) throw new Error(`${plugin.name} was stopped before it ran`);
    const child = spawnTask(plugin, settings);
    kill = () => child.kill('SIGKILL');
    onPid(child.pid);
    if (child.stdout && child.stderr) log.follow(child.stdout, child.stderr);
    // `close` comes after the last line of output, which says what went wrong.
    const done = new Promise<void>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        onPid(undefined);
        if (code === 0) resolve();
        else
          reject(
            new Error(
              `${plugin.name} failed (${signal ?? `exit code ${code}`}): ${log.lastProblems.join('\n  ')}`,
            ),
          );
      });
    });
    ended = done.catch(() => undefined);
    return done;
  };
  return {
    start: async () => {
      await plugin.prepare?.(settings);
      await run();
    },
    stop: async () => {
      stopping = true;
      kill();
      await ended;
    },
    kill: () => kill(),
    replace: () => Promise.resolve(),
  };
}
