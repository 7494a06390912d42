import { expect, it } from '@jest/globals';
import { type Phase, type PhaseFacts, phaseOf } from './phases.ts';

const NOTHING: PhaseFacts = {
  status: undefined,
  begun: false,
  attempt: undefined,
  workItem: undefined,
  espritStarted: false,
  espritEnded: false,
  resultKnown: false,
  toldEnd: false,
};
const attempt = { ended: false };
const claimed = { status: 'Dispatched', begun: true, attempt, workItem: 'Claimed' };

it.each<[Phase | 'ended', Partial<PhaseFacts>]>([
  ['accepted', {}],
  ['accepted', { status: 'Queued' }],
  ['begun', { begun: true }],
  ['begun', { status: 'Queued', begun: true }],
  ['waiting', { status: 'Queued', begun: true, attempt, workItem: 'Waiting' }],
  ['claimed', claimed],
  ['running', { ...claimed, espritStarted: true }],
  ['uploading', { ...claimed, espritStarted: true, espritEnded: true }],
  ['reported', { ...claimed, espritStarted: true, espritEnded: true, resultKnown: true }],
  ['reported', { ...claimed, espritStarted: true, resultKnown: true }],
  ['concluding', { ...claimed, espritStarted: true, resultKnown: true, toldEnd: true }],
  ['concluding', { ...claimed, workItem: 'Lost' }],
  ['concluding', { ...claimed, workItem: undefined }],
  ['backoff', { status: 'Retrying', begun: true, attempt: { ended: true } }],
  ['ended', { status: 'Failed', begun: true, attempt: { ended: true } }],
  ['ended', { status: 'Cancelled' }],
])('%s: %o', (phase, facts) => {
  expect(phaseOf({ ...NOTHING, ...facts })).toBe(phase);
});
