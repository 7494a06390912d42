import { describe, expect, it } from '@jest/globals';
import { bar, duration, progressLine } from './progress-display.ts';

const NOTHING = { rowsRead: 0, rowsWritten: 0, rowsRejected: 0, byteOffset: 0, rejectedBytes: 0 };

describe('progress of an import', () => {
  it('is told by share of the file, rows, speed and time left', () => {
    const progress = { ...NOTHING, rowsRead: 50_000, byteOffset: 2_500_000 };
    expect(progressLine({ progress, from: NOTHING, totalBytes: 10_000_000, elapsedMs: 2000 })).toBe(
      ' 25 %  50,000 rows, 25,000 rows/s, 6 s left',
    );
  });

  it('counts the speed from where this process began', () => {
    const from = { ...NOTHING, rowsRead: 900, rowsRejected: 2, byteOffset: 9000 };
    const progress = { ...from, rowsRead: 950, byteOffset: 9500 };
    expect(progressLine({ progress, from, totalBytes: 10_000, elapsedMs: 1000 })).toBe(
      ' 95 %  950 rows, 2 rejected, 50 rows/s, 1 s left',
    );
  });

  it('promises nothing before the first row', () => {
    expect(progressLine({ progress: NOTHING, from: NOTHING, totalBytes: 10, elapsedMs: 0 })).toBe(
      '  0 %  0 rows, 0 rows/s, ? left',
    );
  });

  it.each([
    [0, '[                    ]'],
    [0.5, '[##########          ]'],
    [2, '[####################]'],
  ])('draws %d', (share, drawn) => {
    expect(bar(share)).toBe(drawn);
  });

  it.each([
    [0.2, '1 s'],
    [61, '1 min 1 s'],
    [7260, '2 h 1 min'],
  ])('writes %d s', (seconds, written) => {
    expect(duration(seconds)).toBe(written);
  });
});
