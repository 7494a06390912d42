import { describe, expect, it } from '@jest/globals';
import type { CommandView } from './command-view.ts';
import { type TimelineFacts, assembleTimeline } from './timeline.ts';

const ID = '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';
const at = (seconds: number) => new Date(Date.UTC(2030, 0, 1) + seconds * 1000).toISOString();

type Attempt = CommandView['attempts'][number];
function attempt(given: Partial<Attempt>): Attempt {
  return {
    attemptId: ID,
    run: 1,
    attempt: 1,
    status: 'Failed',
    workstation: 'WS-1',
    queuedAt: at(1),
    claimedAt: at(3),
    startedAt: at(4),
    endedAt: at(9),
    phase: 'posting',
    percent: 50,
    logTail: ['line'],
    error: { code: 'CRASHED', message: 'x', signature: null },
    ...given,
  };
}

function facts(command: Partial<CommandView>, rest: Partial<TimelineFacts> = {}): TimelineFacts {
  return {
    command: {
      commandId: ID,
      routingId: ID,
      itemCode: 'P-100',
      revisionCode: 'A',
      camRev: 1,
      application: 'esprit',
      commandType: 'Simulate',
      parameters: {},
      priority: 5,
      notBefore: null,
      status: 'Queued',
      run: 1,
      attempt: 0,
      maxAttempts: 4,
      requestedAt: at(0),
      requestedBy: 'engineer',
      requestedByKind: 'user',
      startedAt: null,
      completedAt: null,
      workstation: null,
      error: null,
      waitReason: null,
      clonedFromId: null,
      nextAttemptAt: null,
      reprocessAt: null,
      automaticRuns: 0,
      attempts: [],
      files: [],
      allowedActions: [],
      ...command,
    },
    actions: [],
    cancel: undefined,
    now: new Date(at(100)),
    ...rest,
  };
}

const told = (given: TimelineFacts) =>
  assembleTimeline(given).map(({ at: when, kind, waitsFor }) =>
    [(Date.parse(when) - Date.parse(at(0))) / 1000, kind, ...(waitsFor ? [waitsFor] : [])].join(' '),
  );

describe('the timeline of a command', () => {
  it('begins with the order and the wait for its time', () => {
    const entries = assembleTimeline(facts({ notBefore: at(60), clonedFromId: ID }));
    expect(entries).toMatchObject([
      { kind: 'ordered', by: 'engineer', clonedFromId: ID },
      { kind: 'waiting', waitsFor: 'not-before', until: at(60) },
    ]);
    expect(entries[1]).not.toHaveProperty('durationMs');
  });

  it('tells an attempt, the backoff behind it, and how long each took', () => {
    const given = facts({ status: 'Retrying', nextAttemptAt: at(20), attempts: [attempt({})] });
    expect(told(given)).toEqual([
      '0 ordered',
      '1 attempt-queued',
      '1 waiting workstation',
      '3 attempt-claimed',
      '4 attempt-started',
      '9 attempt-ended',
      '9 waiting backoff',
    ]);
    expect(assembleTimeline(given)).toContainEqual(
      expect.objectContaining({ kind: 'attempt-ended', durationMs: 5000, logTail: ['line'], files: [] }),
    );
    expect(assembleTimeline(given).at(-1)).toMatchObject({ until: at(20) });
  });

  it('shows the phase of an attempt under way as it is now', () => {
    const given = facts({
      status: 'Running',
      attempts: [attempt({ status: 'Running', endedAt: null, error: null })],
    });
    expect(assembleTimeline(given).at(-1)).toMatchObject({ at: at(100), kind: 'attempt-phase', percent: 50 });
  });

  it('keeps the order of an attempt whose workstation has a slow clock', () => {
    const given = facts({ attempts: [attempt({ startedAt: at(-50), endedAt: at(-45) })] });
    expect(told(given).slice(-3)).toEqual(['3 attempt-claimed', '3 attempt-started', '3 attempt-ended']);
  });

  it('tells a cancellation that stands at the command alone', () => {
    const cancel = { at: at(5), by: 'engineer', reason: 'wrong' };
    const entries = assembleTimeline(facts({ status: 'Cancelled', completedAt: at(6) }, { cancel }));
    expect(entries.slice(1)).toMatchObject([
      { kind: 'action', action: 'CommandCancelRequested', by: 'engineer', reason: 'wrong' },
      { kind: 'run-ended', status: 'Cancelled', durationMs: 6000 },
    ]);
  });
});
