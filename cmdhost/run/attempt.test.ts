import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { aJob } from '../../tests/integration/cmdhost/rig.ts';
import type { Job } from '../../shared/cam-commands/contracts.ts';
import { systemClock } from '../../shared/time/clock.ts';
import { type Journal, openJournal } from '../journal.ts';
import type { AdapterRun } from './adapters.ts';
import { type AttemptContext, type RunningAttempt, startAttempt } from './attempt.ts';
import { loadBlobs } from './blobs.ts';

describe('the end of an attempt', () => {
  let folder: string;
  let journal: Journal;
  let said: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mcms-attempt-'));
    journal = openJournal(folder, systemClock);
    said = [];
  });
  // Loading it takes long.
  beforeAll(async () => void (await loadBlobs()));
  afterEach(async () => {
    journal.close();
    await rm(folder, { recursive: true });
  });

  const note = (message: string): void => void said.push(message);
  const nobody = async (): Promise<never> => Promise.reject(new Error('nobody is there'));
  /** A context in which an adapter is started by `run`. */
  const contextOf = (run: () => Promise<AdapterRun>): AttemptContext => ({
    config: {
      workstation: 'WS-01',
      workFolder: folder,
      adapters: [
        {
          application: 'esprit',
          command: ['none'],
          environment: {},
          keepWarm: 0,
          postProcessors: undefined,
          machines: undefined,
          version: undefined,
        },
      ],
    },
    adapters: { run, stop: async () => undefined },
    api: { announce: nobody, claim: nobody, heartbeat: nobody, outputs: nobody },
    journal,
    clock: systemClock,
    log: { debug: note, info: note, warn: note, error: note },
    stopLimits: { killAgainMs: 1, giveUpMs: 1 },
    onDrain: () => undefined,
    onProgramEnded: () => note('seat given back'),
  });
  const undying = (): AdapterRun => ({
    process: { pid: 4711, identity: undefined },
    ended: new Promise(() => undefined),
    kill: () => note('kill'),
    release: (isFit) => note(`release ${String(isFit)}`),
  });
  /** Begins one and resolves once its adapter was asked for. */
  const begin = async (
    start: () => Promise<AdapterRun>,
    changes: Partial<Job> = {},
  ): Promise<RunningAttempt> => {
    const job = aJob({ heartbeatIntervalMs: 60_000, ...changes });
    journal.claimed(job, undefined);
    const asked = Promise.withResolvers<void>();
    const run = async (): Promise<AdapterRun> => {
      asked.resolve();
      return start();
    };
    const attempt = startAttempt(job, contextOf(run));
    await asked.promise;
    return attempt;
  };
  const codes = () => journal.unsent().map(({ result }) => result.error?.code);

  it('comes also when no kill ends the adapter: the seat is given back', async () => {
    const attempt = await begin(async () => undying());
    attempt.stop();
    await attempt.done;
    expect(codes()).toEqual(['AGENT_STOPPED']);
    expect(said).toEqual([
      'kill',
      'an adapter does not end',
      'kill',
      'an adapter does not end',
      'release false',
      'seat given back',
    ]);
  });

  it('does not come at once when the time-out is longer than a timer can run', async () => {
    const attempt = await begin(async () => undying(), { attemptTimeoutMs: 2 ** 31 });
    await delay(20);
    expect(said).toEqual([]);
    attempt.stop();
    await attempt.done;
    expect(codes()).toEqual(['AGENT_STOPPED']);
  });

  it('ends the transfers that are still on their way', async () => {
    const arrived: ServerResponse[] = [];
    const ended = Promise.withResolvers<void>();
    const server = createServer((_request, response) => {
      arrived.push(response);
      const [first, second] = arrived;
      if (!second) return;
      second.once('close', () => ended.resolve());
      first?.writeHead(404).end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const inputs = ['a.esp', 'b.esp'].map((fileName) => ({
      fileId: randomUUID(),
      fileName,
      role: 'cam-model' as const,
      sizeBytes: 1,
      sha256: 'a'.repeat(64),
      url: `http://127.0.0.1:${port}/blobs/${fileName}`,
    }));
    const job = aJob({ inputs });
    journal.claimed(job, undefined);
    await startAttempt(job, contextOf(nobody)).done;
    expect(codes()).toEqual(['INPUT_UNAVAILABLE']);
    await ended.promise;
    server.close();
  });

  it('comes also when the runner never says that the adapter has started; one that comes later is ended', async () => {
    const starting = Promise.withResolvers<AdapterRun>();
    const attempt = await begin(async () => starting.promise);
    attempt.stop();
    await attempt.done;
    expect(codes()).toEqual(['AGENT_STOPPED']);
    expect(said).not.toContain('kill');
    starting.resolve(undying());
    await nextTurn();
    expect(said.slice(-2)).toEqual(['kill', 'release false']);
  });
});
