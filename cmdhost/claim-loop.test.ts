import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { aJob } from '../tests/integration/cmdhost/rig.ts';
import type { ApiClient } from './api-client.ts';
import { type ClaimLoop, type ClaimLoopOptions, startClaimLoop } from './claim-loop.ts';
import { ApiRefusedError, ApiUnavailableError, UnreadableJobError } from './errors.ts';

describe('the claim loop', () => {
  let claims: number;
  let said: string[];
  let loop: ClaimLoop | undefined;
  beforeEach(() => {
    claims = 0;
    said = [];
  });
  afterEach(async () => loop?.stop());

  const note = (message: string): void => void said.push(message);
  const nobody = async (): Promise<never> => Promise.reject(new Error('nobody is there'));
  const start = (claim: ApiClient['claim'], changes: Partial<ClaimLoopOptions> = {}): ClaimLoop => {
    const counted: ApiClient['claim'] = async (body, signal) => {
      claims += 1;
      await nextTurn();
      return claim(body, signal);
    };
    loop = startClaimLoop({
      api: { announce: nobody, claim: counted, heartbeat: nobody, outputs: nobody },
      workstation: 'WS-01',
      applications: ['esprit'],
      seats: 1,
      idlePollMs: 60_000,
      held: [],
      announce: async () => undefined,
      run: async () => undefined,
      refuse: () => undefined,
      log: { debug: note, info: note, warn: note, error: note },
      ...changes,
    });
    return loop;
  };
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await nextTurn();
  };

  it('rests after a job that could not be begun', async () => {
    start(async () => aJob());
    await turns(20);
    expect(claims).toBe(1);
  });

  it('gives a claim up that has no answer 30 s after it was held, and claims again once it is not', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'performance'] });
    try {
      const running = start(
        async (_body, signal) =>
          new Promise<never>((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new ApiUnavailableError('away')));
          }),
      );
      await turns(5);
      running.hold('drain', true);
      jest.advanceTimersByTime(29_000);
      await turns(5);
      expect(running.isClaiming()).toBe(true);
      jest.advanceTimersByTime(2_000);
      await turns(5);
      expect([claims, running.isClaiming()]).toEqual([1, false]);
      running.hold('drain', false);
      await turns(5);
      expect([claims, running.isClaiming()]).toEqual([2, true]);
    } finally {
      jest.useRealTimers();
    }
  });

  it('claims on while jobs are begun', async () => {
    start(async () => aJob(), { run: async (_job, { onBegun }) => onBegun() });
    await turns(20);
    expect(claims).toBeGreaterThan(1);
  });

  it('lives on, and rests, when a job that is not understood cannot be reported', async () => {
    const { commandId, run, attempt, attemptId, fence } = aJob();
    const unreadable = new UnreadableJobError(new ApiRefusedError('strange', 200), {
      commandId,
      run,
      attempt,
      attemptId,
      fence,
    });
    const running = start(async () => Promise.reject(unreadable), {
      refuse: () => {
        throw new Error('the disk is read-only');
      },
    });
    await turns(20);
    expect([claims, running.isClaiming()]).toEqual([1, true]);
    expect(said).toEqual(['a job that is not understood could not be reported']);
  });
});
