import { randomUUID } from 'node:crypto';
import type { Job } from '../shared/cam-commands/contracts.ts';
import type { CmdhostConfig } from '../shared/config/cmdhost.ts';
import { createQueueSender, createServiceBusClient } from '../shared/messaging/index.ts';
import { createLogger, currentTraceparent, inSpan } from '../shared/telemetry/index.ts';
import { systemClock } from '../shared/time/clock.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { startBellListener } from './bells.ts';
import { startClaimLoop } from './claim-loop.ts';
import { openJournal } from './journal.ts';
import { recover } from './recovery.ts';
import { startResultSender } from './result-sender.ts';
import { retry, UNTIL_IT_WORKS, within } from './retry.ts';
import { type RunningAttempt, startAttempt } from './run/attempt.ts';
import { loadBlobs } from './run/blobs.ts';
import { createFolderKeeper } from './folder-keeper.ts';
import { createTokenCredential } from './token.ts';

export interface Agent {
  /** Takes no more work, ends what runs after the grace period, and sends what can be sent. May be called more than once. */
  stop(): Promise<void>;
}

export interface AgentOptions {
  readonly config: CmdhostConfig;
  readonly version: string;
  /** Ends a start that still waits for the API. */
  readonly signal: AbortSignal;
}

/** How long a stop waits for the last results; those left are sent at the next start. */
const LAST_RESULTS_MS = 2_000;
const LAST_CALLS_MS = 1_000;
const log = createLogger('cmdhost');

/**
 * Starts the agent of one workstation: settles what a former process left behind, announces itself, then claims and runs work.
 * Resolves once announced, however long the API is away.
 * @throws the signal's reason, or an error in a sentence when journal or key cannot be used
 */
export async function startAgent({ config, version, signal }: AgentOptions): Promise<Agent> {
  const clock = systemClock;
  const credential = await createTokenCredential(config.identity);
  const api = createApiClient({ apiUrl: config.apiUrl, scope: config.identity.scope, credential });
  const journal = openJournal(config.workFolder, clock);
  await recover({ journal, workstation: config.workstation, clock, log });

  const client = createServiceBusClient(
    'connectionString' in config.serviceBus ? config.serviceBus : { ...config.serviceBus, credential },
  );
  const sender = createQueueSender(client);
  const running = new Map<string, RunningAttempt>();
  const folders = createFolderKeeper({ workFolder: config.workFolder, journal, running, log });
  const results = startResultSender({ journal, sender, log, onReported: () => folders.prune() });
  folders.prune();

  const closeAll = async (): Promise<void> => {
    await within(LAST_RESULTS_MS, results.flush());
    await within(LAST_CALLS_MS, Promise.all([results.stop(), client.close(), folders.idle()]));
    journal.close();
  };

  try {
    await announce(api, config, version, signal);
  } catch (error) {
    await closeAll();
    throw error;
  }

  const run = async (job: Job): Promise<void> =>
    inSpan(
      'execute command',
      {
        kind: 'consumer',
        operationKey: 'command.execute',
        parent: job.traceparent,
        attributes: {
          itemId: job.routing.itemCode,
          camRev: job.routing.camRev,
          'enduser.id': job.requestedBy,
        },
      },
      async () => {
        if (!journal.claimed(job, currentTraceparent())) {
          log.warn('an attempt that was begun before is not run again', { attemptId: job.attemptId });
          return;
        }
        const onDrain = (drain: boolean): void => claims.drain(drain);
        const attempt = startAttempt(job, { config, api, journal, clock, log, onDrain });
        running.set(job.attemptId, attempt);
        await attempt.done;
        running.delete(job.attemptId);
        results.wake();
      },
    ).catch((error: unknown) =>
      log.error('an attempt could not be begun', { attemptId: job.attemptId, error }),
    );

  const claims = startClaimLoop({
    api,
    workstation: config.workstation,
    applications: config.adapters.map(({ application }) => application),
    seats: config.seats,
    idlePollMs: config.idlePollInterval,
    run,
    log,
  });
  const bells = startBellListener({ client, claims, log });
  // Ahead of the first job; a failure comes up again where the SDK is used.
  loadBlobs().catch((error: unknown) => log.error('the SDK of Blob Storage cannot be loaded', { error }));

  const stop = async (): Promise<void> => {
    const ended = Promise.all([claims.stop(), bells.stop()]);
    const attempts = [...running.values()];
    const allDone = Promise.all(attempts.map(async ({ done }) => done));
    await within(config.stopGracePeriod, allDone);
    for (const attempt of attempts) attempt.stop();
    await Promise.all([ended, allDone]);
    await closeAll();
  };
  let stopping: Promise<void> | undefined;
  return { stop: async () => (stopping ??= stop()) };
}

async function announce(
  api: ApiClient,
  config: CmdhostConfig,
  version: string,
  signal: AbortSignal,
): Promise<void> {
  const bootId = randomUUID();
  await retry(
    async () =>
      inSpan('announce', { kind: 'client', operationKey: 'agent.announce' }, async () =>
        api.announce(
          {
            schemaVersion: 1,
            workstation: config.workstation,
            bootId,
            agentVersion: version,
            applications: config.adapters.map(({ application }) => application),
            seats: config.seats,
          },
          signal,
        ),
      ),
    {
      policy: UNTIL_IT_WORKS,
      signal,
      isTransient: () => true,
      onRetry: (error, attempt) => {
        if (attempt === 1) log.warn('the API does not take the announcement yet; trying on', { error });
      },
    },
  );
}
