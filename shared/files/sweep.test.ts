import { expect, it } from '@jest/globals';
import { sweepStep } from './sweep.ts';

const now = new Date('2026-03-10T08:00:00.000Z');

it.each([
  ['Pending', '2026-03-01T08:00:00.000Z', 'expire'],
  ['Rejected', '2026-03-09T08:00:00.000Z', 'expire'],
  ['Available', '2026-03-10T06:00:00.000Z', 'forget'],
  ['Verifying', '2026-03-10T07:00:00.000Z', 'verify-again'],
  ['Verifying', '2026-03-06T08:00:00.000Z', 'verify-again'],
  ['Verifying', '2026-03-06T07:59:59.000Z', 'give-up'],
])('%s since %s: %s', (status, createdAt, step) => {
  expect(sweepStep({ status, createdAt }, now)).toBe(step);
});
