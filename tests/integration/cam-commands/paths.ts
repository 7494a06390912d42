import type { RigOptions } from '../../support/orchestration.ts';
import { type OrchestrationRig, heartbeat, mustClaim } from '../../support/orchestration.ts';
import { OUTAGE_PATHS } from './paths-outages.ts';
import { RACE_PATHS } from './paths-races.ts';
import {
  DAY_MS,
  MINUTE_MS,
  cancel,
  crash,
  crashedOnce,
  loseAgent,
  pause,
  retryNow,
  runAgain,
  succeed,
} from './walk.ts';

/** A way through a run, to its end. */
export interface Path {
  readonly ends: 'Succeeded' | 'Failed' | 'Cancelled';
  /** Code that the command then has. */
  readonly code?: string;
  readonly types?: RigOptions['types'];
  /** Default: 1. */
  readonly run?: number;
  /** Returns the command's id. */
  readonly walk: (rig: OrchestrationRig) => Promise<string>;
}

const of = (settings: Readonly<Record<string, string>>): RigOptions['types'] => ({
  GenerateNcProgram: settings,
});
const ONE_HOUR = of({ QueueLimit: 'PT1H', AttemptLimit: 'PT30M', CommandLimit: 'PT1H' });

const MAIN_PATHS = {
  'first-try-success': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'success-after-retry': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await crashedOnce(rig);
      await rig.pass(1000);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'permanent-failure': {
    ends: 'Failed',
    code: 'INPUT_INVALID',
    walk: async (rig) => {
      const commandId = await rig.order();
      const error = { code: 'INPUT_INVALID', message: 'no such tool', retryable: true };
      await rig.report(await mustClaim(rig), { kind: 'failed', error });
      return commandId;
    },
  },
  'retries-exhausted': {
    ends: 'Failed',
    code: 'ESPRIT_CRASHED',
    walk: async (rig) => {
      const commandId = await rig.order();
      for (let attempt = 1; attempt <= 4; attempt += 1) {
        await crash(rig, await mustClaim(rig));
        await rig.pass(10_000);
      }
      return commandId;
    },
  },
  'lost-then-stale-result': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await rig.report({ ...job, fence: 1 }, { kind: 'succeeded' });
      await loseAgent(rig);
      await succeed(rig, job);
      await rig.pass(1000);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'lost-budget-exhausted': {
    ends: 'Failed',
    code: 'AGENT_LOST',
    types: of({ MaxLost: '1' }),
    walk: async (rig) => {
      const commandId = await rig.order();
      for (let attempt = 1; attempt <= 2; attempt += 1) {
        await rig.report(await mustClaim(rig), { kind: 'lost' });
        await rig.pass(1000);
      }
      return commandId;
    },
  },
  'defect-of-a-step': {
    ends: 'Failed',
    code: 'INTERNAL',
    walk: async (rig) => {
      const recorder = rig.onCall;
      rig.onCall = (name, input) => {
        recorder(name, input);
        if (name === 'enqueueAttempt') throw new Error('a defect');
      };
      const commandId = await rig.order();
      await rig.pass(500);
      await rig.pass(1000);
      return commandId;
    },
  },
  'queue-limit': {
    ends: 'Failed',
    code: 'QUEUE_LIMIT',
    walk: async (rig) => {
      const commandId = await rig.order();
      await rig.pass(DAY_MS);
      return commandId;
    },
  },
  'queue-limit-of-a-claimed-one': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await rig.pass(DAY_MS);
      await succeed(rig, job);
      return commandId;
    },
  },
  'paused-wait': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const resume = await pause(rig);
      await rig.pass(DAY_MS);
      await rig.pass(DAY_MS);
      await resume();
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'paused-wait-then-queue-limit': {
    ends: 'Failed',
    code: 'QUEUE_LIMIT',
    types: ONE_HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      await rig.pass(10 * MINUTE_MS);
      await pause(rig, { commandType: 'GenerateNcProgram', resumeAfterMs: 2 * DAY_MS });
      await rig.pass(50 * MINUTE_MS);
      await rig.pass(2 * DAY_MS);
      return commandId;
    },
  },
  'command-limit-queued': {
    ends: 'Failed',
    code: 'COMMAND_LIMIT',
    types: of({ QueueLimit: 'PT1H', CommandLimit: 'PT1H30M' }),
    walk: async (rig) => {
      const commandId = await rig.order();
      await rig.pass(40 * MINUTE_MS);
      await crash(rig, await mustClaim(rig));
      await rig.pass(1000);
      await rig.pass(50 * MINUTE_MS);
      return commandId;
    },
  },
  'command-limit-running': {
    ends: 'Failed',
    code: 'COMMAND_LIMIT',
    types: ONE_HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await heartbeat(rig, job);
      await rig.pass(60 * MINUTE_MS);
      await heartbeat(rig, job);
      await rig.report(job, { kind: 'cancelled' });
      return commandId;
    },
  },
  'command-limit-running-and-succeeding': {
    ends: 'Succeeded',
    types: ONE_HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await rig.pass(60 * MINUTE_MS);
      await succeed(rig, job);
      return commandId;
    },
  },
  'command-limit-running-and-lost': {
    ends: 'Failed',
    code: 'COMMAND_LIMIT',
    types: ONE_HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      await mustClaim(rig);
      await rig.pass(60 * MINUTE_MS);
      await loseAgent(rig);
      return commandId;
    },
  },
  'command-limit-then-cancelled': {
    ends: 'Cancelled',
    types: ONE_HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await rig.pass(60 * MINUTE_MS);
      await cancel(rig, commandId);
      await rig.report(job, { kind: 'cancelled' });
      return commandId;
    },
  },
  'command-limit-in-backoff': {
    ends: 'Failed',
    code: 'COMMAND_LIMIT',
    types: of({ FirstDelay: 'PT2H', MaxDelay: 'PT2H', QueueLimit: 'PT1H', CommandLimit: 'PT1H' }),
    walk: async (rig) => {
      const commandId = await crashedOnce(rig);
      const resume = await pause(rig);
      await rig.pass(30 * MINUTE_MS);
      await resume();
      await rig.pass(30 * MINUTE_MS);
      await rig.pass(30 * MINUTE_MS);
      return commandId;
    },
  },
  'cancelled-before-its-time': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order({ notBefore: '2030-01-01T01:00:00Z' });
      await cancel(rig, commandId);
      return commandId;
    },
  },
  'cancelled-in-the-queue': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      await cancel(rig, commandId);
      return commandId;
    },
  },
  'cancelled-when-claimed': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await cancel(rig, commandId);
      await rig.report(job, { kind: 'cancelled' });
      return commandId;
    },
  },
  'cancelled-while-running': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await heartbeat(rig, job);
      await cancel(rig, commandId);
      await heartbeat(rig, job);
      await rig.report(job, { kind: 'cancelled' });
      return commandId;
    },
  },
  'cancelled-and-no-answer': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      await mustClaim(rig);
      await cancel(rig, commandId);
      await loseAgent(rig);
      return commandId;
    },
  },
  'cancelled-in-backoff': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order({ notBefore: '2030-01-01T01:00:00Z' });
      await rig.pass(60 * MINUTE_MS);
      await crash(rig, await mustClaim(rig));
      await cancel(rig, commandId);
      return commandId;
    },
  },
  'retry-now': {
    ends: 'Succeeded',
    types: of({ FirstDelay: 'PT1M' }),
    walk: async (rig) => {
      const commandId = await crashedOnce(rig);
      await rig.pass(10_000);
      await retryNow(rig, commandId, 2);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'retry-now-that-nobody-waits-for': {
    ends: 'Succeeded',
    types: of({ FirstDelay: 'PT1M' }),
    walk: async (rig) => {
      const commandId = await rig.order();
      await retryNow(rig, commandId, 1);
      await crash(rig, await mustClaim(rig));
      await retryNow(rig, commandId, 1);
      await retryNow(rig, commandId, 3);
      await rig.pass(MINUTE_MS);
      const job = await mustClaim(rig);
      await retryNow(rig, commandId, 2);
      await succeed(rig, job);
      return commandId;
    },
  },
  'next-run': {
    ends: 'Succeeded',
    run: 2,
    types: of({ MaxAttempts: '1' }),
    walk: async (rig) => {
      const commandId = await crashedOnce(rig);
      await runAgain(rig, commandId);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
} as const satisfies Record<string, Path>;

/** Every path whose histories are kept. */
export const PATHS = { ...MAIN_PATHS, ...OUTAGE_PATHS, ...RACE_PATHS } satisfies Record<string, Path>;
export type PathName = keyof typeof PATHS;
