import { expect, it } from '@jest/globals';
import { type Span, coveredMs } from './spans.ts';

const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute));
const span = (from: number, to: number | null): Span => ({
  from: at(from).toISOString(),
  until: to === null ? null : at(to).toISOString(),
});

it.each<[what: string, spans: readonly Span[], minutes: number]>([
  ['none', [], 0],
  ['one inside', [span(12, 15)], 3],
  ['one that began before', [span(0, 15)], 5],
  ['one that ends after', [span(15, 40)], 5],
  ['one whose end nobody knows', [span(15, null)], 5],
  ['one around it', [span(0, null)], 10],
  ['one before', [span(0, 10)], 0],
  ['one after', [span(20, 30)], 0],
  ['two apart', [span(11, 12), span(15, 17)], 3],
  ['two that overlap', [span(11, 14), span(13, 17)], 6],
  ['one inside another', [span(11, 19), span(12, 13)], 8],
  ['two in the wrong order', [span(15, 17), span(11, 12)], 3],
  ['one that ended before it began', [span(15, 12)], 0],
])('between minute 10 and 20, %s: counted once each minute', (_what, spans, minutes) => {
  expect(coveredMs(spans, at(10), at(20))).toBe(minutes * 60_000);
});
