import type { ChildProcess } from 'node:child_process';
import type { ChildLog } from './child-log.ts';
import { afterDeath } from './restart-policy.ts';

/** Deaths before the first `ready` that a start survives: a part that never came up is a failed start, not a restart. */
const START_ATTEMPTS = 3;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 6000;

/** Time as the supervisor sees it; tests move their own. */
export interface Timers {
  nowMs(): number;
  /** Runs `action` once after `delayMs`, unless the returned function is called first. */
  after(delayMs: number, action: () => void): () => void;
}

export interface SupervisedChildOptions {
  readonly name: string;
  /** Starts a new process of the part, with an IPC channel and both output pipes. */
  readonly spawn: () => ChildProcess;
  readonly timers: Timers;
  readonly log: ChildLog;
  /** Tells whoever sits at the terminal. */
  readonly report: (line: string) => void;
  readonly onPid: (pid: number | undefined) => void;
  /** A start that keeps failing goes on being tried: for `--watch`, where the next edit may mend it. */
  readonly neverFailStart?: boolean;
}

/** Keeps one process of a part running: restarts it when it dies, until it is stopped. */
export class SupervisedChild {
  readonly #options: SupervisedChildOptions;
  #process: ChildProcess | undefined;
  #startedAtMs = 0;
  #quickDeaths = 0;
  #cancelRestart: (() => void) | undefined;
  #stopping = false;
  #replacing = false;
  #firstReady = Promise.withResolvers<void>();
  #wasReady = false;
  #deathsBeforeReady = 0;

  constructor(options: SupervisedChildOptions) {
    this.#options = options;
    // Whoever started it hears of a failure; one that happens while nobody waits is no unhandled rejection.
    this.#firstReady.promise.catch(() => undefined);
  }

  /** Resolves when the part is ready for the first time. @throws a sentence when it keeps dying, or stays silent for 60 s */
  async start(): Promise<void> {
    const { name, timers, log } = this.#options;
    if (!this.#stopping) this.#spawn();
    const cancelTimeout = timers.after(START_TIMEOUT_MS, () => {
      this.#fail(
        `${name} was not ready within ${START_TIMEOUT_MS / 1000} s; what it wrote is in ${log.path}`,
      );
    });
    try {
      await this.#firstReady.promise;
    } finally {
      cancelTimeout();
    }
  }

  /** Replaces the running process by a new one, at once and without counting it as a death. */
  async replace(): Promise<void> {
    if (this.#stopping || this.#replacing) return;
    this.#replacing = true;
    this.#cancelRestart?.();
    await this.#end();
    this.#replacing = false;
    this.#quickDeaths = 0;
    if (!this.#stopping) this.#spawn();
  }

  /** Ends the process, gently first, and starts no other. May be called more than once. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelRestart?.();
    this.#fail(`${this.#options.name} was stopped before it was ready`);
    await this.#end();
  }

  /** As `kill -9`, for an exit that cannot wait. */
  kill(): void {
    this.#stopping = true;
    this.#process?.kill('SIGKILL');
  }

  #spawn(): void {
    const { spawn, timers, log, onPid } = this.#options;
    this.#startedAtMs = timers.nowMs();
    const child = spawn();
    this.#process = child;
    onPid(child.pid);
    if (child.stdout && child.stderr) log.follow(child.stdout, child.stderr);
    child.on('message', (message) => {
      if (isReady(message)) this.#ready();
    });
    let gone = false;
    const onGone = (how: string): void => {
      if (gone) return;
      gone = true;
      this.#onGone(child, how);
    };
    child.once('exit', (code, signal) =>
      onGone(signal ? `by ${signal}` : `with exit code ${code ?? 'unknown'}`),
    );
    child.once('error', (error) => onGone(`before it started: ${error.message}`));
  }

  #ready(): void {
    const { name, timers, report } = this.#options;
    const seconds = ((timers.nowMs() - this.#startedAtMs) / 1000).toFixed(1);
    if (this.#wasReady) report(`${name} is ready again, ${seconds} s after its start`);
    this.#wasReady = true;
    this.#firstReady.resolve();
  }

  #onGone(child: ChildProcess, how: string): void {
    if (this.#process !== child) return;
    this.#process = undefined;
    this.#options.onPid(undefined);
    if (this.#stopping || this.#replacing) return;
    if (!this.#wasReady) this.#deathsBeforeReady += 1;
    const { name, neverFailStart } = this.#options;
    if (this.#deathsBeforeReady >= START_ATTEMPTS && !this.#wasReady && !neverFailStart) {
      this.#fail(
        `${name} ended ${START_ATTEMPTS} times before it was ready, last ${how}: ${this.#lastWords()}`,
      );
      return;
    }
    this.#restartAfterDeath(how);
  }

  #restartAfterDeath(how: string): void {
    const { name, timers, report } = this.#options;
    const { quickDeaths, delayMs } = afterDeath(this.#quickDeaths, timers.nowMs() - this.#startedAtMs);
    this.#quickDeaths = quickDeaths;
    if (delayMs === 0) {
      report(`${name} ended ${how}; starting it again`);
      this.#spawn();
      return;
    }
    report(
      `${name} ended ${how}, ${quickDeaths} times quickly in a row; starting it again in ${delayMs / 1000} s`,
    );
    this.#cancelRestart = timers.after(delayMs, () => {
      if (!this.#stopping && !this.#replacing) this.#spawn();
    });
  }

  #fail(message: string): void {
    this.#firstReady.reject(new Error(message));
  }

  #lastWords(): string {
    const { log } = this.#options;
    return log.lastProblems.length > 0 ? log.lastProblems.join('\n  ') : `see ${log.path}`;
  }

  /** Closing the channel is the request to stop: unlike a signal it also works on Windows. */
  async #end(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const { name, timers, report } = this.#options;
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const cancel = timers.after(STOP_TIMEOUT_MS, () => {
      report(`${name} did not stop within ${STOP_TIMEOUT_MS / 1000} s and is killed`);
      child.kill('SIGKILL');
    });
    if (child.connected) child.disconnect();
    else child.kill('SIGTERM');
    await exited;
    cancel();
  }
}

function isReady(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ready';
}
