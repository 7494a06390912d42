import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { AnnounceRequest } from '../shared/cam-commands/contracts.ts';
import type { CmdhostConfig } from '../shared/config/cmdhost.ts';
import { createLogger } from '../shared/telemetry/index.ts';
import type { ApiClient } from './api-client.ts';
import { type Announcer, createAnnouncer } from './announcer.ts';
import type { RunnerState } from './runner/holder.ts';

const SECOND_MS = 1_000;

describe('the announcement', () => {
  let announced: AnnounceRequest[];
  let contactAt: string;
  let runner: RunnerState;
  let announcer: Announcer;

  beforeEach(async () => {
    jest.useFakeTimers();
    announced = [];
    runner = 'connected';
    const config = { workstation: 'WS-01', seats: 1, adapters: [], identity: {} };
    const api = {
      announce: (request: AnnounceRequest) => {
        announced.push(request);
        contactAt = new Date().toISOString();
        return Promise.resolve();
      },
    };
    announcer = createAnnouncer({
      api: api as unknown as ApiClient,
      config: config as unknown as CmdhostConfig,
      version: '1.0.0',
      runner: () => runner,
      lastContactAt: () => contactAt,
      clock: { now: () => new Date() },
      log: createLogger('cmdhost'),
    });
    await announcer.announce(new AbortController().signal);
  });
  afterEach(() => {
    announcer.stop();
    jest.useRealTimers();
  });

  it('is made every minute while the agent is silent, long before the server takes it for lost', async () => {
    await jest.advanceTimersByTimeAsync(10 * 60 * SECOND_MS);
    expect(announced).toHaveLength(1 + 10);
  });

  it('is not repeated while something else is asked of the server', async () => {
    for (let round = 0; round < 30; round += 1) {
      contactAt = new Date().toISOString();
      await jest.advanceTimersByTimeAsync(20 * SECOND_MS);
    }
    expect(announced).toHaveLength(1);
  });

  it('is made at once when what there is to tell has changed', async () => {
    runner = 'absent';
    announcer.refresh();
    await jest.advanceTimersByTimeAsync(0);
    expect(announced.map((request) => request.runner)).toEqual(['connected', 'absent']);
  });
});
