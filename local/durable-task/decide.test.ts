import { describe, expect, it } from '@jest/globals';
import type { Action, OrchestratorState } from './actions.ts';
import { decide } from './decide.ts';
import { events, type HistoryEvent } from './history.ts';

const at = 1_000;
const started = [events.orchestratorStarted(at), events.executionStarted(at, 'o', null)];
const activity = (name: string): Action => ({ kind: 'activity', name, input: 'null' });
const timer = (fireAt: number, cancelled = false): Action => ({ kind: 'timer', fireAt, cancelled });
const event = (name: string): Action => ({ kind: 'event', name });
const scheduled = (id: number, name: string): HistoryEvent => events.taskScheduled(at, id, name, 'null');
const completed = (id: number): HistoryEvent => events.taskCompleted(at, id, 'null');
const failed = (id: number): HistoryEvent => events.taskFailed(at, id, 'reason', 'details');
const raised = (name: string): HistoryEvent => events.eventRaised(at, name, null);

function state(actions: Action[], rest: Partial<OrchestratorState> = {}): OrchestratorState {
  return { actions, isDone: false, output: 'null', customStatus: null, ...rest };
}

function decideOn(history: HistoryEvent[], actions: Action[], rest?: Partial<OrchestratorState>) {
  return decide('o', [...started, ...history], state(actions, rest));
}

const idsOf = ({ scheduled: planned }: ReturnType<typeof decide>): unknown[] =>
  planned.map(([id, { kind }]) => [id, kind]);

describe('decide', () => {
  it('schedules the first action of a new instance', () => {
    const decision = decideOn([], [activity('a')]);
    expect(decision.scheduled).toEqual([[0, { kind: 'activity', name: 'a', input: 'null' }]]);
    expect(decision.outcome).toEqual({ kind: 'waiting' });
  });

  it('schedules nothing that the history has already', () => {
    expect(idsOf(decideOn([scheduled(0, 'a')], [activity('a')]))).toEqual([]);
  });

  it('numbers activities and timers in the order they were asked for; events take no number', () => {
    const all: Action = { kind: 'all', children: [activity('a'), event('e'), timer(5_000), activity('b')] };
    expect(idsOf(decideOn([], [all]))).toEqual([
      [0, 'activity'],
      [1, 'timer'],
      [2, 'activity'],
    ]);
  });

  it('goes on to the next action only when the one before has ended', () => {
    const actions = [activity('a'), activity('b')];
    expect(idsOf(decideOn([scheduled(0, 'a')], actions))).toEqual([]);
    expect(idsOf(decideOn([scheduled(0, 'a'), completed(0)], actions))).toEqual([[1, 'activity']]);
    expect(idsOf(decideOn([scheduled(0, 'a'), failed(0)], actions))).toEqual([[1, 'activity']]);
  });

  it.each<['any' | 'all', unknown[]]>([
    ['any', [[2, 'activity']]],
    ['all', []],
  ])('takes %s of two as ended by one: %j', (kind, expected) => {
    const actions: Action[] = [{ kind, children: [activity('a'), activity('b')] }, activity('c')];
    const history = [scheduled(0, 'a'), scheduled(1, 'b'), completed(1)];
    expect(idsOf(decideOn(history, actions))).toEqual(expected);
  });

  it('ends with the output when everything that was started has ended', () => {
    const done = { isDone: true, output: '"x"' };
    const history = [scheduled(0, 'a'), completed(0)];
    expect(decideOn(history, [activity('a')], done).outcome).toEqual({ kind: 'completed', output: '"x"' });
  });

  it('does not end while a losing activity runs or a losing timer is neither cancelled nor due', () => {
    const done = { isDone: true };
    const race = (loser: Action): Action[] => [{ kind: 'any', children: [event('e'), loser] }];
    const timerCreated = events.timerCreated(at, 0, 5_000);
    expect(decideOn([scheduled(0, 'a'), raised('e')], race(activity('a')), done).outcome.kind).toBe(
      'waiting',
    );
    expect(decideOn([timerCreated, raised('e')], race(timer(5_000)), done).outcome.kind).toBe('waiting');
    const cancelled = decideOn([timerCreated, raised('e')], race(timer(5_000, true)), done);
    expect(cancelled.outcome.kind).toBe('completed');
    expect(cancelled.cancelledTimers).toEqual([0]);
  });

  it('records a timer that was created and cancelled within one turn, so that its number stays taken', () => {
    const actions: Action[] = [{ kind: 'any', children: [event('e'), timer(5_000, true)] }, activity('a')];
    const decision = decideOn([raised('e')], actions);
    expect(decision.scheduled).toEqual([
      [0, { kind: 'timer', fireAt: 5_000, cancelled: true }],
      [1, { kind: 'activity', name: 'a', input: 'null' }],
    ]);
  });

  it('ignores answers to what is not open: duplicates and timers cancelled meanwhile', () => {
    const history = [scheduled(0, 'a'), completed(0), completed(0), events.timerFired(at, 7, at)];
    expect(idsOf(decideOn(history, [activity('a'), activity('b')]))).toEqual([[1, 'activity']]);
  });

  it('hands the oldest event to the next waiter and forgets letter case of names', () => {
    const actions = [activity('a'), event('Go'), event('go'), activity('b')];
    const history = [scheduled(0, 'a'), raised('gO'), completed(0)];
    expect(idsOf(decideOn(history, actions))).toEqual([]);
    expect(idsOf(decideOn([...history, raised('GO')], actions))).toEqual([[1, 'activity']]);
  });

  it('carries unprocessed events into the next generation in the order they came', () => {
    const [first, second, third] = [raised('b'), raised('a'), raised('c')];
    const actions: Action[] = [event('a'), { kind: 'continueAsNew', input: '1' }];
    const { outcome } = decideOn([first, second, third], actions, { isDone: true });
    expect(outcome).toEqual({ kind: 'continued', input: '1', carried: [first, third] });
  });

  it('fails with the message of the orchestrator', () => {
    expect(decideOn([], [], { error: 'broken' }).outcome).toEqual({
      kind: 'failed',
      output: JSON.stringify("Orchestrator function 'o' failed: broken"),
    });
  });

  it.each<[string, HistoryEvent, Action[]]>([
    ['another activity', scheduled(0, 'a'), [activity('b')]],
    ['a timer for an activity', scheduled(0, 'a'), [timer(5_000)]],
    ['an activity for a timer', events.timerCreated(at, 0, 5_000), [activity('a')]],
    ['nothing', scheduled(0, 'a'), []],
  ])('fails an orchestrator that now asks for %s', (_name, event_, actions) => {
    const { outcome, scheduled: planned } = decideOn([event_], actions);
    expect(outcome).toMatchObject({
      kind: 'failed',
      output: expect.stringMatching(/^"Non-Deterministic workflow/),
    });
    expect(planned).toEqual([]);
  });

  it('waits between attempts from the time of the turn that saw the failure, and after the last one, too', () => {
    const retry = { firstDelayMs: 100, maxAttempts: 2, backoff: 3, maxDelayMs: 250 };
    const actions: Action[] = [{ kind: 'activity', name: 'a', input: 'null', retry }, activity('b')];
    const history = [scheduled(0, 'a'), events.orchestratorStarted(2_000), failed(0)];
    expect(decideOn(history, actions).scheduled).toEqual([
      [1, { kind: 'timer', fireAt: 2_100, cancelled: false }],
    ]);
    history.push(events.timerCreated(2_000, 1, 2_100), events.timerFired(2_100, 1, 2_100));
    history.push(scheduled(2, 'a'), failed(2));
    expect(decideOn(history, actions).scheduled).toEqual([
      [3, { kind: 'timer', fireAt: 2_250, cancelled: false }],
    ]);
    history.push(events.timerCreated(2_100, 3, 2_250), events.timerFired(2_250, 3, 2_250));
    expect(idsOf(decideOn(history, actions))).toEqual([[4, 'activity']]);
  });
});
