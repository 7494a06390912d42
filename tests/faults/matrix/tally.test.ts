import { describe, expect, it } from '@jest/globals';
import { renderMatrix, renderViolations } from './report.ts';
import type { RoundResult } from './round.ts';
import { rowOf, thinCells } from './tally.ts';

const round = (seed: number, changes: Partial<RoundResult> = {}): RoundResult => ({
  seed,
  struck: [
    { commandId: 'a', phase: 'running' },
    { commandId: 'b', phase: 'running' },
    { commandId: 'c', phase: 'ended' },
  ],
  commands: 3,
  violations: [],
  open: '',
  seconds: 30,
  ...changes,
});
const violation = { rule: 'one-start', subject: 'attempt of b', found: '2 starts', commandId: 'b' } as const;
const played = rowOf({
  fault: 'kill-host',
  what: 'kill',
  rounds: [round(1), round(2, { violations: [violation] })],
});
const missing = rowOf({ fault: 'kill-runner', what: 'kill', rounds: [], missing: 'there is none' });
const report = { startedAt: 't', node: 'v24', rows: [played, missing], wantedPerCell: 2 };

describe('the rounds of a fault, added up', () => {
  it('count commands in the phase in which they were struck, and those of them that a violation names', () => {
    expect(played).toMatchObject({ seeds: [1, 2], commands: 6, seconds: 60 });
    expect(played.cells.running).toEqual({ commands: 4, violated: 1 });
    expect(played.cells.backoff).toEqual({ commands: 0, violated: 0 });
    expect(played.violations).toEqual([{ ...violation, seed: 2 }]);
  });

  it('show the cells that were not tried enough, but none of a fault that was not played', () => {
    expect(thinCells([played, missing], 2)).toHaveLength(8);
    expect(thinCells([played], 5)).toContain('kill-host × running: 4');
  });
});

it('the matrix names violations, thin cells and what was not played', () => {
  const text = renderMatrix(report);
  expect(text).toMatch(/\| kill-host +\| 2 +\|.*\| 4\/1 +\|/);
  expect(text).toContain('Fewer than 2 commands: kill-host × accepted: 0');
  expect(text).toContain('Not played: kill-runner: there is none.');
  expect(renderViolations(report)).toBe(
    'kill-host, seed 2: one-start: attempt of b: 2 starts (npm run test:faults -- --fault kill-host --seed 2)',
  );
});
