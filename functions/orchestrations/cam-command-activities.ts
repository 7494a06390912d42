import * as df from 'durable-functions';
import {
  type AttemptKey,
  COMMAND_QUEUE,
  type Unsuccessful,
  beginCommand,
  bellsToRing,
  concludeCancelled,
  concludeFailed,
  concludeRetry,
  concludeSucceeded,
  createBellCount,
  enqueueAttempt,
  findCommand,
  instanceIdOf,
  lookAtLimit,
  rejectMessage,
  ringBells,
  ringEach,
  withdrawAttempt,
} from '../../shared/cam-commands/index.ts';
import type { CommandMessage, ResultMessage } from '../../shared/cam-commands/contracts.ts';
import { asDatabaseError } from '../../shared/data/errors.ts';
import { UnavailableError } from '../../shared/errors.ts';
import { createLogger, inSpan } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import type { ActivityAnswers, ActivityInputs, ActivityName, Unavailable } from './activity-contracts.ts';

type Activities = {
  readonly [Name in ActivityName]: (input: ActivityInputs[Name]) => Promise<ActivityAnswers[Name]>;
};

const log = createLogger('cam-commands');

/** The steps of a command's run, one verb each; all may be repeated. */
export function createCamCommandActivities(deps: AppDeps): Activities {
  const bellCount = createBellCount(deps);
  return {
    async beginCommand({ message }) {
      const begun = await beginCommand(deps, message);
      if (begun.kind === 'rejected') await reject(deps, message, begun);
      return begun;
    },
    async enqueueAttempt({ key }) {
      // Counted first: a step that fails after it has queued the attempt would ring for nobody until it is repeated.
      const bells = await bellCount();
      const enqueued = await enqueueAttempt(deps, key);
      await ringBells(deps.sender, enqueued, bells);
      return enqueued;
    },
    withdrawAttempt: ({ key, ask }) => withdrawAttempt(deps, key, { ask }),
    checkLimit: ({ key, ...limit }) => lookAtLimit(deps, key, limit),
    async completeCommand({ key, result }) {
      const success = await concludeSucceeded(deps, key, result);
      await ringForFreedSeat(deps);
      return success;
    },
    async retryCommand({ key, error, tally, lost, delayMs, result }) {
      await concludeRetry(deps, key, { ...ending(lost ? 'Lost' : 'Failed', result), error, tally, delayMs });
      await ringForFreedSeat(deps);
      return null;
    },
    async failCommand({ key, error, lost, result, defect }) {
      if (defect) {
        log.error('a command is given up because of a defect', { ...key, cause: defect.cause });
        if (!(await findCommand(deps.database.read, key.commandId))) {
          await reject(deps, defect.message, { reason: 'internal', description: error.message });
          return { rejected: true };
        }
      }
      await concludeFailed(deps, key, { ...ending(lost ? 'Lost' : 'Failed', result), error });
      await ringForFreedSeat(deps);
      return { rejected: false };
    },
    async cancelCommand({ key, result }) {
      await concludeCancelled(deps, key, ending('Cancelled', result));
      await ringForFreedSeat(deps);
      return null;
    },
  };
}

/** Registers the activities; each runs in a span of the command's trace and says so when a service it needs is away. */
export function registerCamCommandActivities(deps: AppDeps): void {
  const activities = createCamCommandActivities(deps);
  for (const name of Object.keys(activities) as ActivityName[]) {
    df.app.activity(name, {
      handler: (input: unknown) => runActivity(name, activities[name] as Activity, input),
    });
  }
}

type Activity = (input: unknown) => Promise<unknown>;

async function runActivity(name: ActivityName, activity: Activity, input: unknown): Promise<unknown> {
  const { traceparent, ...subject } = input as { traceparent?: string; key?: AttemptKey };
  const attributes = { 'mcms.component': 'workers', 'mcms.commandId': subject.key?.commandId ?? '' };
  try {
    return await inSpan(
      `activity ${name}`,
      { operationKey: 'command.activity', attributes, ...(traceparent ? { parent: traceparent } : {}) },
      () => activity(input),
    );
  } catch (thrown) {
    // A query outside a transaction may throw what its driver throws.
    const error = asDatabaseError(thrown);
    if (!(error instanceof UnavailableError)) throw error;
    log.warn('an activity waits for a service that is away', { activity: name, code: error.code });
    return { unavailable: error.code } satisfies Unavailable;
  }
}

/**
 * An attempt that ends frees its seat of a licence pool. Where pools have limits, another workstation may have been waiting for it:
 * its own seats were free all the time, so nothing else would make it ask before the sweeper rings.
 */
async function ringForFreedSeat(deps: AppDeps): Promise<void> {
  if (Object.keys(deps.licencePools ?? {}).length === 0) return;
  await ringEach(deps.sender, await bellsToRing(deps));
}

async function reject(
  { sender }: AppDeps,
  message: CommandMessage,
  { reason, description }: { readonly reason: string; readonly description: string },
): Promise<void> {
  const messageId = instanceIdOf({ commandId: message.commandId, run: message.run ?? 1 });
  await rejectMessage(sender, { body: message, sourceQueue: COMMAND_QUEUE, messageId, reason, description });
}

function ending<Status extends Unsuccessful['status']>(status: Status, result: ResultMessage | undefined) {
  return { status, startedAt: result?.startedAt, endedAt: result?.endedAt, logTail: result?.logTail };
}
