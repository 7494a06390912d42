import { describe, expect, it } from '@jest/globals';
import {
  type AttemptRow,
  type CommandRow,
  attemptView,
  commandSummary,
  commandView,
  newCommandView,
  toAttemptView,
  toCommandSummary,
} from './command-view.ts';

const ID = '5f0c2a9e-52f5-4a3e-8a2b-2e0d6f1c7b11';
const AT = '2030-01-01T00:00:00.000Z';

const COMMAND: CommandRow = {
  commandId: ID,
  routingId: ID,
  itemCode: 'P-100',
  revisionCode: 'A',
  camRev: 2,
  application: 'esprit',
  commandType: 'GenerateNcProgram',
  parameters: '{"programNumber":7,"simulation":{"faultAttempts":[1]}}',
  priority: 5,
  notBefore: null,
  status: 'Failed',
  run: 1,
  attempt: 4,
  maxAttempts: 4,
  requestedAt: AT,
  requestedBy: 'engineer',
  requestedByKind: 'user',
  startedAt: AT,
  completedAt: AT,
  workstation: 'WS-1',
  errorCode: 'CRASHED',
  errorMessage: 'ended with 3',
  waitReason: null,
  cancelRequestedAt: null,
  cancelRequestedBy: null,
  cancelReason: null,
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  version: 9,
  clonedFromId: null,
  nextAttemptAt: null,
  errorSignature: null,
  reprocessAt: null,
  automaticRuns: 0,
};

const ATTEMPT: AttemptRow = {
  attemptId: ID,
  commandId: ID,
  run: 1,
  attempt: 4,
  fence: 10004,
  status: 'Failed',
  workstation: 'WS-1',
  queuedAt: AT,
  claimedAt: AT,
  startedAt: AT,
  endedAt: AT,
  phase: 'posting',
  percent: 12.5,
  logTail: '["a","b"]',
  errorCode: 'CRASHED',
  errorMessage: null,
  errorSignature: null,
};

describe('a command as the API shows it', () => {
  it('has its parameters as they were ordered and its failure as code and message', () => {
    const summary = toCommandSummary(COMMAND, null);
    expect(commandSummary.parse(summary)).toEqual(summary);
    expect(summary).toMatchObject({
      parameters: { programNumber: 7, simulation: { faultAttempts: [1] } },
      error: { code: 'CRASHED', message: 'ended with 3' },
    });
  });

  it('keeps to itself what is not the caller’s', () => {
    const shown = Object.keys(toCommandSummary(COMMAND, null));
    for (const hidden of ['traceparent', 'version', 'errorCode', 'fence'])
      expect(shown).not.toContain(hidden);
    expect(Object.keys(toAttemptView(ATTEMPT))).not.toContain('fence');
  });

  it('says why it waits', () => {
    expect(toCommandSummary({ ...COMMAND, errorCode: null }, 'no seat free')).toMatchObject({
      waitReason: 'no seat free',
      error: null,
    });
  });

  it('has nothing behind it when it is new', () => {
    const view = newCommandView({ ...COMMAND, status: 'Queued' });
    expect(commandView.parse(view)).toEqual(view);
    expect(view).toMatchObject({ attempts: [], files: [], waitReason: null });
  });

  it('shows an attempt with its log, none being an empty one', () => {
    const view = toAttemptView(ATTEMPT);
    expect(attemptView.parse(view)).toEqual(view);
    expect(view).toMatchObject({
      logTail: ['a', 'b'],
      percent: 12.5,
      error: { code: 'CRASHED', message: '' },
    });
    expect(toAttemptView({ ...ATTEMPT, logTail: null })).toMatchObject({ logTail: [] });
  });
});
