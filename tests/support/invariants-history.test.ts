import { expect, it } from '@jest/globals';
import { historyFaults, outOfOrder } from './invariants-history.ts';

const told = (...types: string[]) =>
  types.map((type, index) => ({
    changeType: `Command${type}`,
    changedAt: `2026-11-02T08:00:0${index}.000Z`,
  }));
const attempt = (run: number, status: string) => ({ run, status });

it.each([
  [
    'one run',
    { run: 1, status: 'Succeeded' },
    [attempt(1, 'Lost'), attempt(1, 'Succeeded')],
    told('Requested', 'Retrying', 'Succeeded'),
  ],
  [
    'a failure',
    { run: 1, status: 'Failed' },
    [attempt(1, 'Failed'), attempt(1, 'Failed')],
    told('Requested', 'Retrying', 'Failed'),
  ],
  [
    'a second run',
    { run: 2, status: 'Succeeded' },
    [attempt(1, 'Failed'), attempt(2, 'Succeeded')],
    told('Requested', 'Failed', 'RetryRequested', 'Succeeded'),
  ],
  [
    'a second run of a cancelled one that was never attempted',
    { run: 2, status: 'Cancelled' },
    [],
    told('Requested', 'Cancelled', 'RetryRequested', 'Cancelled'),
  ],
])('nothing is wrong with %s', (_what, command, attempts, entries) => {
  expect(historyFaults(command, attempts, entries)).toEqual([]);
  expect(outOfOrder(entries)).toBeUndefined();
});

it.each([
  ['no order', told('Succeeded'), ['it does not begin with CommandRequested']],
  ['no end', told('Requested'), ['run 1: nothing instead of CommandSucceeded']],
  [
    'two ends',
    told('Requested', 'Succeeded', 'Succeeded'),
    ['run 1: CommandSucceeded, CommandSucceeded instead of CommandSucceeded'],
  ],
  [
    'a run too many',
    told('Requested', 'Failed', 'RetryRequested', 'Succeeded'),
    [
      '2 runs instead of 1',
      'run 1: CommandFailed instead of CommandSucceeded',
      'run 2: CommandSucceeded instead of ',
    ],
  ],
])('finds %s', (_what, entries, expected) => {
  const found = historyFaults({ run: 1, status: 'Succeeded' }, [attempt(1, 'Succeeded')], entries);
  expect(found.slice(0, 2)).toEqual(expected.slice(0, 2));
});

it('finds a run that was followed by another although it had succeeded', () => {
  const entries = told('Requested', 'Succeeded', 'RetryRequested', 'Succeeded');
  expect(
    historyFaults(
      { run: 2, status: 'Succeeded' },
      [attempt(1, 'Succeeded'), attempt(2, 'Succeeded')],
      entries,
    ),
  ).toEqual(['run 1 was followed by another after CommandSucceeded']);
});

it('finds an entry that is older than the one before it', () => {
  const entries = told('Requested', 'Retrying', 'Succeeded');
  expect(outOfOrder([entries[0], entries[2], entries[1]].flatMap((entry) => entry ?? []))).toBe(
    'CommandRetrying of 2026-11-02T08:00:01.000Z after CommandSucceeded of 2026-11-02T08:00:02.000Z',
  );
});
