import type { Job } from '../../../shared/cam-commands/contracts.ts';
import { mustClaim } from '../../support/orchestration.ts';
import type { Path } from './paths.ts';
import { cancel, crash, crashedOnce, inOneTurn, loseAgent, retryNow, succeed } from './walk.ts';

const SLOW = { GenerateNcProgram: { FirstDelay: 'PT1M', Jitter: '0' } };
const HOUR_MS = 3_600_000;
const HOUR = { GenerateNcProgram: { QueueLimit: 'PT1H', CommandLimit: 'PT1H' } };

/** Two things that happen before the orchestration looks, in both orders. */
export const RACE_PATHS = {
  'race-result-then-lost': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [
        () => succeed(rig, job),
        () => rig.harness.client.raiseEvent(`${commandId}.r1`, 'lost.1.1', { attemptId: job.attemptId }),
      ]);
      return commandId;
    },
  },
  'race-result-of-a-lost-one-then-lost': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      // Its lease is over before its result is looked at: the result is stale, and the loss counts.
      await inOneTurn(rig, commandId, [() => succeed(rig, job), () => loseAgent(rig)]);
      await rig.pass(1000);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'race-lost-then-result': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => loseAgent(rig), () => succeed(rig, job)]);
      await rig.pass(1000);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'race-result-then-cancel': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => succeed(rig, job), () => cancel(rig, commandId)]);
      return commandId;
    },
  },
  'race-cancel-then-result': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => cancel(rig, commandId), () => succeed(rig, job)]);
      return commandId;
    },
  },
  'race-failure-then-cancel': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => crash(rig, job), () => cancel(rig, commandId)]);
      return commandId;
    },
  },
  'race-cancel-then-failure': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => cancel(rig, commandId), () => crash(rig, job)]);
      return commandId;
    },
  },
  'race-lost-then-cancel': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => loseAgent(rig), () => cancel(rig, commandId)]);
      return commandId;
    },
  },
  'race-retry-now-then-timer': {
    ends: 'Succeeded',
    types: SLOW,
    walk: async (rig) => {
      const commandId = await crashedOnce(rig);
      await inOneTurn(rig, commandId, [() => retryNow(rig, commandId, 2), () => rig.pass(60_000)]);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'race-timer-then-retry-now': {
    ends: 'Succeeded',
    types: SLOW,
    walk: async (rig) => {
      const commandId = await crashedOnce(rig);
      await inOneTurn(rig, commandId, [() => rig.pass(60_000), () => retryNow(rig, commandId, 2)]);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'race-retry-now-then-cancel': {
    ends: 'Cancelled',
    types: SLOW,
    walk: async (rig) => {
      const commandId = await crashedOnce(rig);
      await inOneTurn(rig, commandId, [() => retryNow(rig, commandId, 2), () => cancel(rig, commandId)]);
      return commandId;
    },
  },
  'race-timer-then-cancel': {
    ends: 'Cancelled',
    types: SLOW,
    walk: async (rig) => {
      const commandId = await crashedOnce(rig);
      await inOneTurn(rig, commandId, [() => rig.pass(60_000), () => cancel(rig, commandId)]);
      return commandId;
    },
  },
  'race-limit-then-result': {
    ends: 'Succeeded',
    types: HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => rig.pass(HOUR_MS), () => succeed(rig, job)]);
      return commandId;
    },
  },
  'race-result-then-limit': {
    ends: 'Succeeded',
    types: HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => succeed(rig, job), () => rig.pass(HOUR_MS)]);
      return commandId;
    },
  },
  'race-limit-then-cancel': {
    ends: 'Cancelled',
    types: HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => rig.pass(HOUR_MS), () => cancel(rig, commandId)]);
      await rig.report(job, { kind: 'cancelled' });
      return commandId;
    },
  },
  'race-cancel-then-limit': {
    ends: 'Cancelled',
    types: HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => cancel(rig, commandId), () => rig.pass(HOUR_MS)]);
      await rig.report(job, { kind: 'cancelled' });
      return commandId;
    },
  },
  'race-limit-then-claim': {
    ends: 'Failed',
    code: 'COMMAND_LIMIT',
    types: HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      let job: Job | undefined;
      await inOneTurn(rig, commandId, [
        () => rig.pass(HOUR_MS),
        async () => {
          job = await rig.claim();
        },
      ]);
      if (job) await rig.report(job, { kind: 'cancelled' });
      return commandId;
    },
  },
  'late-result-of-an-older-attempt': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const older = await mustClaim(rig);
      await rig.report(older, { kind: 'lost' });
      await rig.pass(1000);
      const job = await mustClaim(rig);
      await crash(rig, { ...older, attempt: 2 });
      await succeed(rig, older);
      await succeed(rig, job);
      return commandId;
    },
  },
  'result-twice': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await inOneTurn(rig, commandId, [() => succeed(rig, job), () => succeed(rig, job)]);
      return commandId;
    },
  },
} as const satisfies Record<string, Path>;
