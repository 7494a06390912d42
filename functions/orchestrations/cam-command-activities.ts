import * as df from 'durable-functions';
import {
  type AttemptKey,
  type Ending,
  beginCommand,
  concludeCancelled,
  concludeFailed,
  concludeRetry,
  concludeSucceeded,
  enqueueAttempt,
  withdrawAttempt,
} from '../../shared/cam-commands/index.ts';
import type { ResultMessage } from '../../shared/cam-commands/contracts.ts';
import { UnavailableError } from '../../shared/errors.ts';
import { createLogger, inSpan } from '../../shared/telemetry/index.ts';
import type { AppDeps } from '../deps.ts';
import { rejectMessage } from '../../shared/cam-commands/rejected.ts';
import { ringBell } from '../../shared/cam-commands/bell.ts';
import type { ActivityAnswers, ActivityInputs, ActivityName, Unavailable } from './activity-contracts.ts';

type Activities = {
  readonly [Name in ActivityName]: (input: ActivityInputs[Name]) => Promise<ActivityAnswers[Name]>;
};

const log = createLogger('cam-commands');

/** The steps of a command's run, one verb each; all may be repeated. */
export function createCamCommandActivities(deps: AppDeps): Activities {
  return {
    async beginCommand({ message, traceparent }) {
      const begun = await beginCommand(deps, message);
      if (begun.kind === 'rejected') {
        await rejectMessage(deps.sender, {
          ...begun,
          sourceQueue: 'esprit-commands',
          body: message,
          traceparent,
        });
      }
      return begun;
    },
    async enqueueAttempt({ key }) {
      await ringBell(deps.sender, await enqueueAttempt(deps, key));
      return null;
    },
    withdrawAttempt: ({ key, ask }) => withdrawAttempt(deps, key, { ask }),
    completeCommand: ({ key, result }) => concludeSucceeded(deps, key, result),
    async retryCommand({ key, error, tally, lost, result }) {
      await concludeRetry(deps, key, { ...ending(lost ? 'Lost' : 'Failed', result), error, tally });
      return null;
    },
    async failCommand({ key, error, lost, result, cause }) {
      if (cause !== undefined) log.error('a command is given up because of a defect', { ...key, cause });
      await concludeFailed(deps, key, { ...ending(lost ? 'Lost' : 'Failed', result), error });
      return null;
    },
    async cancelCommand({ key, result }) {
      await concludeCancelled(deps, key, ending('Cancelled', result));
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
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    log.warn('an activity waits for a service that is away', { activity: name, code: error.code });
    return { unavailable: error.code } satisfies Unavailable;
  }
}

function ending(status: Ending['status'], result: ResultMessage | undefined): Ending {
  return {
    status,
    startedAt: result?.startedAt,
    endedAt: result && new Date(result.endedAt).toISOString(),
    logTail: result?.logTail,
  };
}
