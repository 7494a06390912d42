import type { Job } from '../shared/cam-commands/contracts.ts';
import type { CmdhostConfig } from '../shared/config/cmdhost.ts';
import { createQueueSender, createServiceBusClient } from '../shared/messaging/index.ts';
import { createLogger, currentTraceparent, inSpan } from '../shared/telemetry/index.ts';
import { systemClock } from '../shared/time/clock.ts';
import { createAnnouncer } from './announcer.ts';
import { createApiClient } from './api-client.ts';
import { startBellListener } from './bells.ts';
import { type ClaimLoop, type JobEvents, startClaimLoop } from './claim-loop.ts';
import { controlPeer } from './control/server.ts';
import { runningOf } from './control/status.ts';
import { startDiskWatch } from './disk-watch.ts';
import type { UnreadableJobError } from './errors.ts';
import { createFolderKeeper } from './folder-keeper.ts';
import { openJournal } from './journal.ts';
import { recover } from './recovery.ts';
import { startResultSender } from './result-sender.ts';
import { within } from './retry.ts';
import { createAdapters } from './run/adapters.ts';
import { type RunningAttempt, startAttempt } from './run/attempt.ts';
import { loadBlobs } from './run/blobs.ts';
import { unreadable } from './run/outcome.ts';
import { STOP_LIMITS } from './run/until-over.ts';
import { createRunnerHolder } from './runner/holder.ts';
import { startRunnerSide } from './runner/side.ts';
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
  const { workstation, workFolder, seats } = config;
  const credential = await createTokenCredential(config.identity);
  let lastContactAt: string | null = null;
  const onContact = (): void => {
    lastContactAt = clock.now().toISOString();
  };
  const api = createApiClient({
    apiUrl: config.apiUrl,
    scope: config.identity.scope,
    credential,
    onContact,
  });
  const journal = openJournal(workFolder, clock);
  await recover({ journal, workstation, clock, log });

  const client = createServiceBusClient(
    'connectionString' in config.serviceBus ? config.serviceBus : { ...config.serviceBus, credential },
  );
  const sender = createQueueSender(client);
  const running = new Map<string, RunningAttempt>();
  const folders = createFolderKeeper({ workFolder, journal, running, log });
  const results = startResultSender({ journal, sender, log, onReported: () => folders.prune() });
  folders.prune();

  let drained = false;
  const started: { claims?: ClaimLoop } = {};
  const holder = createRunnerHolder(log);
  const drain = (value: boolean): void => {
    drained = value;
    started.claims?.hold('drain', value);
  };
  const status = () => ({
    workstation,
    agentVersion: version,
    drained,
    runner: holder.state(),
    diskLow: disk.isLow(),
    claiming: started.claims?.isClaiming() ?? false,
    running: runningOf(running.values()),
    unsentResults: journal.unsent().length,
    lastContactAt,
  });
  const disk = startDiskWatch({
    folder: workFolder,
    minFreeBytes: config.minFreeDiskBytes,
    onChange: (low) => started.claims?.hold('disk', low),
    log,
  });
  const side = await startRunnerSide({
    holder,
    mode: config.runner.mode,
    workFolder,
    control: (stream) => controlPeer({ drain, status }, stream),
    log,
  });
  const adapters = createAdapters({ runner: holder, workFolder, seats });
  const announcer = createAnnouncer({
    api,
    config,
    version,
    runner: () => holder.state(),
    lastContactAt: () => lastContactAt,
    clock,
    log,
  });

  const closeAll = async (): Promise<void> => {
    disk.stop();
    announcer.stop();
    await adapters.stop();
    await side.stop();
    await within(LAST_RESULTS_MS, results.flush());
    await within(LAST_CALLS_MS, Promise.all([results.stop(), client.close(), folders.idle()]));
    journal.close();
  };

  try {
    await Promise.all([side.firstRunner, disk.look()]);
    await announcer.announce(signal);
  } catch (error) {
    await closeAll();
    throw error;
  }

  const run = async (job: Job, { onBegun, onProgramEnded }: JobEvents): Promise<void> =>
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
        const isNew = journal.claimed(job, currentTraceparent());
        onBegun();
        if (!isNew) {
          log.warn('an attempt that was begun before is not run again', { attemptId: job.attemptId });
          return;
        }
        const onDrain = (value: boolean): void => started.claims?.drain(value);
        const context = {
          config,
          api,
          adapters,
          journal,
          clock,
          log,
          stopLimits: STOP_LIMITS,
          onDrain,
          onProgramEnded,
        };
        const attempt = startAttempt(job, context);
        running.set(job.attemptId, attempt);
        await attempt.done;
        running.delete(job.attemptId);
        results.wake();
      },
    ).catch((error: unknown) =>
      log.error('an attempt could not be begun', { attemptId: job.attemptId, error }),
    );

  const refuse = (error: UnreadableJobError): void => {
    const { attempt, message } = error;
    log.error('a job that this version does not understand is reported failed', {
      ...attempt,
      reason: message,
    });
    if (!journal.claimed(attempt, undefined)) return;
    journal.ended(unreadable(error, { workstation, now: clock.now() }));
    results.wake();
  };

  const claims = startClaimLoop({
    api,
    workstation,
    applications: config.adapters.map(({ application }) => application),
    seats,
    idlePollMs: config.idlePollInterval,
    held: [
      ...(holder.state() === 'absent' ? (['runner'] as const) : []),
      ...(drained ? (['drain'] as const) : []),
      ...(disk.isLow() ? (['disk'] as const) : []),
    ],
    announce: async (until) => announcer.announce(until),
    run,
    refuse,
    log,
  });
  started.claims = claims;
  let stopping: Promise<void> | undefined;
  holder.onChange((state) => {
    if (state === 'absent' && !stopping) log.warn('no runner is there: no work is claimed');
    claims.hold('runner', state === 'absent');
    announcer.refresh();
  });
  // It may have changed while the announcement was on its way.
  announcer.refresh();
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
  return { stop: async () => (stopping ??= stop()) };
}
