import { mustClaim } from '../../support/orchestration.ts';
import type { Path } from './paths.ts';
import { MINUTE_MS, cancel, crash, outageDuring, succeed } from './walk.ts';

const HOUR = { GenerateNcProgram: { QueueLimit: 'PT1H', CommandLimit: 'PT1H' } };
const INVALID = { code: 'INPUT_INVALID', message: 'no such tool', retryable: false };

/** Services that are away while an activity needs them. */
export const OUTAGE_PATHS = {
  'outage-of-begin': {
    ends: 'Succeeded',
    walk: async (rig) => {
      let commandId = '';
      await outageDuring(rig, 'beginCommand', async () => {
        commandId = await rig.order();
      });
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'outage-of-enqueue': {
    ends: 'Succeeded',
    walk: async (rig) => {
      let commandId = '';
      await outageDuring(rig, 'enqueueAttempt', async () => {
        commandId = await rig.order();
      });
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'outage-of-complete': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await outageDuring(rig, 'completeCommand', () => succeed(rig, job));
      return commandId;
    },
  },
  'outage-of-retry': {
    ends: 'Succeeded',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await outageDuring(rig, 'retryCommand', () => crash(rig, job));
      await rig.pass(1000);
      await succeed(rig, await mustClaim(rig));
      return commandId;
    },
  },
  'outage-of-fail': {
    ends: 'Failed',
    code: 'INPUT_INVALID',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await outageDuring(rig, 'failCommand', () => rig.report(job, { kind: 'failed', error: INVALID }));
      return commandId;
    },
  },
  'outage-of-withdraw': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      await outageDuring(rig, 'withdrawAttempt', () => cancel(rig, commandId));
      return commandId;
    },
  },
  'outage-of-cancel': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      await outageDuring(rig, 'cancelCommand', () => cancel(rig, commandId));
      return commandId;
    },
  },
  'outage-of-a-look-at-limits': {
    ends: 'Failed',
    code: 'COMMAND_LIMIT',
    types: HOUR,
    walk: async (rig) => {
      const commandId = await rig.order();
      await outageDuring(rig, 'checkLimit', () => rig.pass(60 * MINUTE_MS));
      return commandId;
    },
  },
  'cancelled-while-finishing': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      rig.content.away = true;
      await succeed(rig, job);
      await cancel(rig, commandId);
      rig.content.away = false;
      return commandId;
    },
  },
  'cancelled-while-finishing-unheard': {
    ends: 'Cancelled',
    walk: async (rig) => {
      const commandId = await rig.order();
      const job = await mustClaim(rig);
      await cancel(rig, commandId);
      rig.content.away = true;
      await succeed(rig, job);
      rig.content.away = false;
      return commandId;
    },
  },
} as const satisfies Record<string, Path>;
