/** The test files of this folder that only the local backend can pass, and why. Everything else runs where an app is deployed, too. */
export const LOCAL_ONLY: Readonly<Record<string, string>> = {
  'client-api.test.ts':
    'holds activities back from within the process and moves its clock; shows differences from Azure',
  'deployed-app.test.ts':
    'is about how the deployed app is reached: a stand-in for its front end checks the key',
  'events-and-timers.test.ts':
    'moves the clock by days and counts the alarms that are set; events keep the order of their calls',
  'orchestrations.test.ts':
    'counts the runs of activities in the memory of the process; shows differences from Azure',
  'recovery.test.ts':
    'kills and restarts the process of the host, in the middle of an activity and of a timer',
};
