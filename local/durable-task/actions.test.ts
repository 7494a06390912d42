import { describe, expect, it } from '@jest/globals';
import { parseFailure, parseState } from './actions.ts';

const stateText = (action: object): string => JSON.stringify({ isDone: false, actions: [[action]] });

describe('parseState', () => {
  it.each([
    [{ functionName: 'a', input: '"text"' }, '"text"'],
    [{ functionName: 'a', input: { b: 1 } }, '{"b":1}'],
    [{ functionName: 'a', input: 0 }, '0'],
    [{ functionName: 'a' }, 'null'],
  ])('reads the input of %j as JSON text', (action, input) => {
    expect(parseState(stateText({ actionType: 0, ...action })).actions).toEqual([
      { kind: 'activity', name: 'a', input },
    ]);
  });

  it('reads nested actions', () => {
    const children = [
      { actionType: 5, fireAt: '1970-01-01T00:00:01.000Z', isCanceled: true },
      { actionType: 6, externalEventName: 'go' },
    ];
    expect(parseState(stateText({ actionType: 11, compoundActions: children })).actions).toEqual([
      {
        kind: 'any',
        children: [
          { kind: 'timer', fireAt: 1_000, cancelled: true },
          { kind: 'event', name: 'go' },
        ],
      },
    ]);
  });

  it.each([
    [2, 'sub-orchestrations'],
    [3, 'sub-orchestrations'],
    [7, 'entities'],
    [8, 'durable HTTP'],
    [9, 'entities'],
    [13, 'entities'],
    [99, 'the action with code 99'],
  ])('refuses action code %i as %s', (actionType, feature) => {
    expect(() => parseState(stateText({ actionType }))).toThrow(`does not offer ${feature}`);
  });

  it('refuses a retry time-out', () => {
    const retryOptions = {
      firstRetryIntervalInMilliseconds: 1,
      maxNumberOfAttempts: 1,
      retryTimeoutInMilliseconds: 5,
    };
    expect(() => parseState(stateText({ actionType: 1, functionName: 'a', retryOptions }))).toThrow(
      'does not offer retryTimeoutInMilliseconds',
    );
  });
});

describe('parseFailure', () => {
  it('reads error, actions and custom status behind the label', () => {
    const state = { isDone: false, actions: [[]], error: 'broken', customStatus: { step: 1 } };
    expect(parseFailure(`false\n\n$OutOfProcData$:${JSON.stringify(state)}`)).toEqual({
      actions: [],
      isDone: false,
      output: 'null',
      customStatus: '{"step":1}',
      error: 'broken',
    });
  });

  it('takes a message without the label as the error', () => {
    expect(parseFailure('no such module')).toMatchObject({ error: 'no such module', actions: [] });
  });
});
