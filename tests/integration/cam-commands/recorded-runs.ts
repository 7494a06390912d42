import { RUN_CAM_COMMAND } from '../../../functions/orchestrations/names.ts';
import type { Job, ResultMessage } from '../../../shared/cam-commands/contracts.ts';
import { type OrchestrationRig, mustClaim } from '../../support/orchestration.ts';

/** What the library gives an orchestrator for one turn: for a finished run, its whole history. */
export interface RecordedRun {
  readonly history: readonly RecordedEvent[];
  readonly input: unknown;
  readonly instanceId: string;
}

/** One event in the library's own form (`lib/src/history/HistoryEvent.js`). */
export interface RecordedEvent {
  readonly EventType: number;
  readonly EventId: number;
  readonly Timestamp: string;
  readonly Name?: string;
  readonly TaskScheduledId?: number;
  readonly TimerId?: number;
}

const CRASHED = { code: 'ESPRIT_CRASHED', message: 'ESPRIT ended with 3', retryable: true };

const crash = (rig: OrchestrationRig, job: Job): Promise<ResultMessage> =>
  rig.report(job, { kind: 'failed', error: CRASHED });
const succeed = (rig: OrchestrationRig, job: Job): Promise<ResultMessage> =>
  rig.report(job, { kind: 'succeeded', outputs: [rig.upload(job, 'O0001.nc', 'G0 X0')] });
const cancel = async (rig: OrchestrationRig, commandId: string): Promise<void> => {
  await rig.http('POST', `commands/${commandId}/cancel`, { json: { reason: 'wrong fixture' } });
  await rig.harness.idle();
};

/** The main paths of a run, each to its end; the id of its command. */
export const PATHS = {
  'success-after-retry': async (rig) => {
    const commandId = await rig.order();
    await crash(rig, await mustClaim(rig));
    await rig.pass(1000);
    await succeed(rig, await mustClaim(rig));
    return commandId;
  },
  'four-failures': async (rig) => {
    const commandId = await rig.order();
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      await crash(rig, await mustClaim(rig));
      await rig.pass(10_000);
    }
    return commandId;
  },
  'lost-then-stale-result': async (rig) => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await rig.report({ ...job, fence: 1 }, { kind: 'succeeded' });
    await rig.report(job, { kind: 'lost' });
    await succeed(rig, job);
    await rig.pass(1000);
    await succeed(rig, await mustClaim(rig));
    return commandId;
  },
  'cancelled-while-running': async (rig) => {
    const commandId = await rig.order();
    const job = await mustClaim(rig);
    await cancel(rig, commandId);
    await rig.report(job, { kind: 'cancelled' });
    return commandId;
  },
  'cancelled-in-backoff': async (rig) => {
    const commandId = await rig.order({ notBefore: '2030-01-01T01:00:00Z' });
    await rig.pass(3_600_000);
    await crash(rig, await mustClaim(rig));
    await cancel(rig, commandId);
    return commandId;
  },
  'database-outage-and-queue-limit': async (rig) => {
    const recorder = rig.onCall;
    let tries = 0;
    rig.onCall = (name, input) => {
      recorder(name, input);
      if (name === 'enqueueAttempt') rig.database.away = tries++ < 2;
    };
    const commandId = await rig.order();
    await rig.pass(500);
    await rig.pass(1000);
    await rig.pass(24 * 3_600_000);
    return commandId;
  },
} as const satisfies Record<string, (rig: OrchestrationRig) => Promise<string>>;

/** Walks a path and returns what its orchestrator saw in the last turn. */
export async function recordRun(rig: OrchestrationRig, path: keyof typeof PATHS): Promise<RecordedRun> {
  let last: RecordedRun | undefined;
  rig.onCall = (name, turn) => {
    // Copied, as the library goes on to work with the object.
    if (name === RUN_CAM_COMMAND) last = JSON.parse(JSON.stringify(turn)) as RecordedRun;
  };
  await PATHS[path](rig);
  if (!last) throw new Error('the orchestrator never ran');
  return last;
}
