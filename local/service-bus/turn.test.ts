import { describe, expect, it } from '@jest/globals';
import { Turn } from './turn.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

describe('Turn', () => {
  it('commits once for everything of a turn, before anybody is told', async () => {
    const log: string[] = [];
    const turn = new Turn(() => void log.push('commit'));
    const step = (): void => void log.push('step');
    turn.afterCommit(() => log.push('first effect'));
    turn.beforeCommit(step);
    turn.beforeCommit(step);
    turn.afterCommit(() => log.push('second effect'));
    await nextTurn();
    expect(log).toEqual(['step', 'commit', 'first effect', 'second effect']);
  });

  it('works off steps that other steps ask for in the same turn', async () => {
    const log: string[] = [];
    const turn = new Turn(() => void log.push('commit'));
    const second = (): void => void log.push('second');
    turn.beforeCommit(second);
    turn.beforeCommit(() => {
      turn.beforeCommit(second);
      turn.afterCommit(() => log.push('effect'));
    });
    await nextTurn();
    expect(log).toEqual(['second', 'second', 'commit', 'effect']);
  });

  it('leaves what effects change to the next turn', async () => {
    const log: string[] = [];
    const turn = new Turn(() => void log.push('commit'));
    turn.afterCommit(() => turn.afterCommit(() => log.push('later')));
    await nextTurn();
    expect(log).toEqual(['commit']);
    await nextTurn();
    expect(log).toEqual(['commit', 'commit', 'later']);
  });

  it('can be ended at once', () => {
    const log: string[] = [];
    const turn = new Turn(() => void log.push('commit'));
    turn.afterCommit(() => log.push('effect'));
    turn.finish();
    expect(log).toEqual(['commit', 'effect']);
  });
});
