import { app, type Timer } from '@azure/functions';

/** What the timers of this app were given; a test empties it. */
export const runs: { fn: string; timer: Timer; traceParent: string | undefined }[] = [];
/** A test may make a run wait or fail. */
export const behaviour: { during: (fn: string) => Promise<void> | void } = { during: () => undefined };

const schedules = {
  'every-second': { schedule: '* * * * * *' },
  hourly: { schedule: '0 0 * * * *' },
  'by-setting': { schedule: '%TimerSchedule%', useMonitor: false },
  'by-span': { schedule: '00:00:30' },
  'at-startup': { schedule: '0 0 0 1 1 *', runOnStartup: true, useMonitor: false },
};

for (const [name, options] of Object.entries(schedules)) {
  app.timer(name, {
    ...options,
    handler: async (timer, context) => {
      runs.push({ fn: context.functionName, timer, traceParent: context.traceContext?.traceParent });
      await behaviour.during(context.functionName);
    },
  });
}
