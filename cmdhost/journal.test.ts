import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ResultMessage } from '../shared/cam-commands/contracts.ts';
import type { AttemptIdentity } from './errors.ts';
import { type Journal, openJournal } from './journal.ts';

describe('journal', () => {
  let folder: string;
  let journal: Journal;
  let nowMs = Date.parse('2026-11-23T08:00:00.000Z');
  const clock = { now: () => new Date((nowMs += 1000)) };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcms-journal-'));
    journal = openJournal(folder, clock);
  });
  afterEach(() => {
    journal.close();
    rmSync(folder, { recursive: true });
  });

  const anAttempt = (): AttemptIdentity => ({
    commandId: randomUUID(),
    run: 1,
    attempt: 2,
    attemptId: randomUUID(),
    fence: 9,
  });
  const resultOf = (attempt: AttemptIdentity, kind: ResultMessage['kind']): ResultMessage => ({
    schemaVersion: 1,
    ...attempt,
    kind,
    startedAt: null,
    endedAt: clock.now().toISOString(),
    workstation: 'WS-01',
  });
  /** What the next process of the agent finds. */
  const reopen = (): void => {
    journal.close();
    journal = openJournal(folder, clock);
  };

  it('knows after a restart what was begun and not ended', () => {
    const [claimed, started, ended] = [anAttempt(), anAttempt(), anAttempt()];
    for (const attempt of [claimed, started, ended]) journal.claimed(attempt, '00-trace');
    journal.started(started.attemptId, { pid: 4711, identity: 'boot 1' }, '2026-11-23T08:00:00.000Z');
    journal.ended(resultOf(ended, 'succeeded'));
    reopen();
    expect(journal.unfinished()).toEqual([
      { ...claimed, state: 'claimed', traceparent: '00-trace', startedAt: undefined, process: undefined },
      {
        ...started,
        state: 'started',
        traceparent: '00-trace',
        startedAt: '2026-11-23T08:00:00.000Z',
        process: { pid: 4711, identity: 'boot 1' },
      },
    ]);
  });

  it('takes an attempt once', () => {
    const attempt = anAttempt();
    expect(journal.claimed(attempt, undefined)).toBe(true);
    expect(journal.claimed(attempt, undefined)).toBe(false);
    journal.ended(resultOf(attempt, 'lost'));
    journal.reported(attempt.attemptId);
    reopen();
    expect(journal.claimed(attempt, undefined)).toBe(false);
  });

  it('keeps results until they are reported, oldest first', () => {
    const attempts = [anAttempt(), anAttempt(), anAttempt()];
    for (const attempt of attempts) {
      journal.claimed(attempt, undefined);
      journal.ended(resultOf(attempt, 'failed'));
    }
    journal.reported(attempts[1]!.attemptId);
    reopen();
    expect(journal.unsent().map(({ result }) => result.attemptId)).toEqual([
      attempts[0]!.attemptId,
      attempts[2]!.attemptId,
    ]);
  });

  it('keeps the first result of an attempt, and none of a dropped one', () => {
    const [ended, dropped] = [anAttempt(), anAttempt()];
    for (const attempt of [ended, dropped]) journal.claimed(attempt, undefined);
    journal.ended(resultOf(ended, 'succeeded'));
    journal.ended(resultOf(ended, 'lost'));
    journal.dropped(dropped.attemptId);
    journal.ended(resultOf(dropped, 'succeeded'));
    expect(journal.unsent().map(({ result }) => result.kind)).toEqual(['succeeded']);
  });

  it('names the latest attempts that did not succeed', () => {
    const attempts = [anAttempt(), anAttempt(), anAttempt(), anAttempt()];
    const kinds = ['failed', 'succeeded', 'lost', 'cancelled'] as const;
    attempts.forEach((attempt, index) => {
      journal.claimed(attempt, undefined);
      journal.ended(resultOf(attempt, kinds[index]!));
      journal.reported(attempt.attemptId);
    });
    expect(journal.latestUnsuccessful(2)).toEqual([attempts[3]!.attemptId, attempts[2]!.attemptId]);
  });

  it('forgets the oldest attempts while it is open, and none that is not reported', () => {
    journal.close();
    journal = openJournal(folder, clock, 10);
    const unsent = anAttempt();
    const attempts = Array.from({ length: 21 }, anAttempt);
    journal.claimed(unsent, undefined);
    journal.ended(resultOf(unsent, 'succeeded'));
    for (const attempt of attempts) {
      journal.claimed(attempt, undefined);
      journal.dropped(attempt.attemptId);
    }
    const known = journal.latestUnsuccessful(attempts.length);
    expect(known).toHaveLength(11);
    expect(known[0]).toBe(attempts.at(-1)!.attemptId);
    expect(journal.unsent().map(({ result }) => result.attemptId)).toEqual([unsent.attemptId]);
  });

  it('belongs to one agent at a time', () => {
    expect(() => openJournal(folder, clock)).toThrow('in use by another agent');
  });
});
