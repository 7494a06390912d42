import { randomUUID, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { release, type } from 'node:os';
import type { AnnounceRequest } from '../shared/cam-commands/contracts.ts';
import type { CmdhostConfig } from '../shared/config/cmdhost.ts';
import { inSpan, type Logger } from '../shared/telemetry/index.ts';
import type { Clock } from '../shared/time/clock.ts';
import type { ApiClient } from './api-client.ts';
import { retry, UNTIL_IT_WORKS } from './retry.ts';
import type { RunnerState } from './runner/holder.ts';

export interface Announcer {
  /** Tells the server what this workstation is and offers. Resolves once it is told, however long the API is away. */
  announce(signal: AbortSignal): Promise<void>;
  /** Announces again, in the background, if what there is to tell is no more what was told last. */
  refresh(): void;
  stop(): void;
}

export interface AnnouncerOptions {
  readonly api: ApiClient;
  readonly config: CmdhostConfig;
  readonly version: string;
  readonly runner: () => RunnerState;
  /** When the API last answered anything; null: not yet. */
  readonly lastContactAt: () => string | null;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What changed without anybody saying so, a certificate, is told of within this time. */
const LOOK_EVERY_MS = 60_000;
/**
 * An agent that has been silent for so long announces itself at the next look: one that is drained, or without a runner, claims nothing,
 * and the server takes a workstation that it has not heard of for two minutes for lost.
 */
const SILENT_MS = 30_000;

export function createAnnouncer(options: AnnouncerOptions): Announcer {
  const { api, clock, lastContactAt, log } = options;
  const bootId = randomUUID();
  const stopped = new AbortController();
  let told = '';
  let refreshing = Promise.resolve();

  const send = async (signal: AbortSignal): Promise<void> => {
    const request = await announcement(options, bootId);
    await inSpan('announce', { kind: 'client', operationKey: 'agent.announce' }, async () =>
      api.announce(request, signal),
    );
    told = JSON.stringify(request);
  };
  const announce = async (signal: AbortSignal): Promise<void> =>
    retry(async () => send(signal), {
      policy: UNTIL_IT_WORKS,
      signal,
      isTransient: () => true,
      onRetry: (error, attempt) => {
        if (attempt === 1) log.warn('the API does not take the announcement yet; trying on', { error });
      },
    });
  const isSilent = (): boolean => {
    const contactAt = lastContactAt();
    return contactAt === null || clock.now().getTime() - Date.parse(contactAt) >= SILENT_MS;
  };
  const refresh = (): void => again(() => false);
  const again = (anyway: () => boolean): void => {
    refreshing = refreshing
      .then(async () => {
        if (anyway() || JSON.stringify(await announcement(options, bootId)) !== told)
          await announce(stopped.signal);
      })
      .catch((error: unknown) => {
        if (!stopped.signal.aborted) log.warn('what changed could not be announced', { error });
      });
  };

  const timer = setInterval(() => again(isSilent), LOOK_EVERY_MS);
  return {
    announce,
    refresh,
    stop: () => {
      clearInterval(timer);
      stopped.abort();
    },
  };
}

async function announcement(
  { config, version, runner }: AnnouncerOptions,
  bootId: string,
): Promise<AnnounceRequest> {
  const expiresAt = await certificateEnd(config.identity.certificateFile);
  return {
    schemaVersion: 1,
    workstation: config.workstation,
    bootId,
    agentVersion: version,
    applications: config.adapters.map(({ application }) => application),
    seats: config.seats,
    abilities: config.adapters.map(({ application, version: of, postProcessors, machines }) => ({
      application,
      ...(of === undefined ? {} : { version: of }),
      ...(postProcessors === undefined ? {} : { postProcessors }),
      ...(machines === undefined ? {} : { machines }),
    })),
    platform: `${type()} ${release()}`.slice(0, 100),
    runner: runner(),
    ...(expiresAt === undefined ? {} : { certificateExpiresAt: expiresAt }),
  };
}

/** Undefined also for a file that cannot be read: signing in tells that, with the reason. */
async function certificateEnd(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return new X509Certificate(await readFile(file)).validToDate.toISOString();
  } catch {
    return undefined;
  }
}
