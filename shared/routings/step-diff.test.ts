import { describe, expect, it } from '@jest/globals';
import type { RoutingStep } from './contracts.ts';
import { diffSteps } from './step-diff.ts';

function step(sequence: number, changes: Partial<RoutingStep> = {}): RoutingStep {
  return {
    sequence,
    machine: 'Doosan DNM 5700',
    processDescription: 'Drill',
    toolInformation: null,
    notes: null,
    ...changes,
  };
}

describe('diffSteps', () => {
  it('finds nothing between equal lists, whatever their order', () => {
    expect(diffSteps([step(10), step(20)], [step(20), step(10)])).toEqual({
      added: [],
      changed: [],
      removed: [],
      facts: [],
    });
  });

  it('tells each changed field by itself', () => {
    const is = step(10, { notes: '버 제거', toolInformation: 'T1 S900 F90' });
    const diff = diffSteps([step(10, { notes: 'old' })], [is]);
    expect(diff.changed).toEqual([is]);
    expect(diff.facts).toEqual([
      {
        changeType: 'StepChanged',
        field: 'steps[10].toolInformation',
        previousValue: null,
        currentValue: 'T1 S900 F90',
      },
      { changeType: 'StepChanged', field: 'steps[10].notes', previousValue: 'old', currentValue: '버 제거' },
    ]);
  });

  it('takes a renumbered step as one removed and one added', () => {
    const diff = diffSteps([step(10), step(20)], [step(10), step(15)]);
    expect(diff.removed).toEqual([20]);
    expect(diff.added).toEqual([step(15)]);
    expect(diff.facts.map(({ changeType, field }) => [changeType, field])).toEqual([
      ['StepAdded', 'steps[15]'],
      ['StepRemoved', 'steps[20]'],
    ]);
  });

  it('describes a step in one line with its tool', () => {
    const [fact] = diffSteps([], [step(10, { toolInformation: 'T1 S900 F90' })]).facts;
    expect(fact?.currentValue).toBe('Doosan DNM 5700: Drill · T1 S900 F90');
  });
});
