import type { HostFunction } from '../app.ts';
import { asError, HostStartError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { resolveSettings, type Settings } from '../settings.ts';
import { traceContextOf } from '../trace-context.ts';
import type { Clock } from './clock.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import type { ScheduleStatus, StatusStore } from './status.ts';

export interface TimerOptions {
  readonly runtime: Runtime;
  readonly env: Settings;
  readonly clock: Clock;
  readonly statusOf: (functionName: string) => StatusStore;
}

/** A timer function that runs by its schedule until stopped. */
export interface RunningTimer {
  /** No further run starts; one that runs goes on. */
  stop(): void;
}

/** Checks a timer function's binding; throws HostStartError for a schedule that Azure would refuse. */
export function prepareTimer(fn: HostFunction, options: TimerOptions): () => RunningTimer {
  const { schedule, runOnStartup, useMonitor } = fn.trigger.settings;
  if (typeof schedule !== 'string') throw new HostStartError(`function "${fn.name}": schedule is missing`);
  const parsed = parseSchedule(resolveSettings(schedule, options.env, fn.name), fn.name);
  const isMonitored = (useMonitor ?? true) === true && parsed.isSlow;
  return () =>
    run(fn, {
      ...options,
      schedule: parsed,
      runOnStartup: runOnStartup === true,
      store: isMonitored ? options.statusOf(fn.name) : undefined,
    });
}

interface TimerRun extends TimerOptions {
  readonly schedule: Schedule;
  readonly runOnStartup: boolean;
  readonly store: StatusStore | undefined;
}

function run(fn: HostFunction, timer: TimerRun): RunningTimer {
  const stopped = new AbortController();
  loop(fn, timer, stopped.signal).catch((error: unknown) => {
    if (stopped.signal.aborted) return;
    timer.runtime.log.write({
      level: 'error',
      functionName: fn.name,
      message: `the timer has stopped: ${asError(error).message}`,
    });
  });
  return { stop: () => stopped.abort() };
}

/** One run after the other: a timer never overlaps itself, and occurrences that pass during a run are skipped. */
async function loop(fn: HostFunction, timer: TimerRun, signal: AbortSignal): Promise<void> {
  let status = await timer.store?.read();
  const isPastDue = status !== undefined && new Date(status.Next) <= timer.clock.now();
  if (isPastDue || timer.runOnStartup) status = await runOnce(fn, timer, { status, isPastDue });
  while (!signal.aborted) {
    const next = timer.schedule.next(timer.clock.now());
    if (next === undefined) return;
    await timer.clock.until(next, signal);
    status = await runOnce(fn, timer, { status, isPastDue: false, due: next });
  }
}

interface Occurrence {
  readonly status: ScheduleStatus | undefined;
  readonly isPastDue: boolean;
  readonly due?: Date;
}

/** Runs the function, whatever comes of it, and remembers when. */
async function runOnce(
  fn: HostFunction,
  timer: TimerRun,
  occurrence: Occurrence,
): Promise<ScheduleStatus | undefined> {
  const { runtime, clock, schedule, store } = timer;
  const input = {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: store ? (occurrence.status ?? null) : null,
    IsPastDue: occurrence.isPastDue,
  };
  try {
    const event = { data: { json: JSON.stringify(input) }, traceContext: traceContextOf(undefined) };
    await runtime.track(runtime.invoke(fn, event));
  } catch (error) {
    runtime.endIfTimedOut(error); // anything else has been logged, and the schedule goes on
  }
  if (!store) return undefined;
  const last = occurrence.due ?? clock.now();
  const status = {
    Last: last.toISOString(),
    Next: (schedule.next(clock.now()) ?? last).toISOString(),
    LastUpdated: clock.now().toISOString(),
  };
  await store.write(status);
  return status;
}
