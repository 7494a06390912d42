import { describe, expect, it } from '@jest/globals';
import { type RowGroup, decideColumnstore } from './decide.ts';

/** A full, clean, compressed row group of day `day`. */
function group(rowGroupId: number, given: Partial<RowGroup> = {}): RowGroup {
  return {
    table: 'HistoryEntry',
    rowGroupId,
    state: 'COMPRESSED',
    totalRows: 1_048_576,
    deletedRows: 0,
    sizeBytes: 20_000_000,
    trimReason: 'NO_TRIM',
    transition: 'TUPLE_MOVER',
    ageMinutes: 50_000,
    closedMinutes: 40_000,
    span: { first: BigInt(rowGroupId * 10), last: BigInt(rowGroupId * 10 + 10) },
    onlineRebuild: true,
    ...given,
  };
}
const open = (given: Partial<RowGroup>) =>
  group(99, { state: 'OPEN', closedMinutes: null, trimReason: null, transition: null, span: null, ...given });
const groups = (count: number, given: (index: number) => Partial<RowGroup> = () => ({})) =>
  Array.from({ length: count }, (_, index) => group(index, given(index)));

/** As a bulk load of old entries leaves them: every group from the beginning of time to now. */
const overlapping = () => ({ span: { first: 0n, last: 1000n } });

describe('decideColumnstore', () => {
  it.each([
    ['an empty table', []],
    ['a first, half-filled row group', [open({ totalRows: 900, ageMinutes: 100_000 })]],
    ['rows that came in this week', [...groups(3), open({ totalRows: 400_000, ageMinutes: 9000 })]],
    ['ten full groups in order, whose ends touch', groups(10)],
    ['a group that was closed just now', [...groups(3), open({ state: 'CLOSED', closedMinutes: 3 })]],
    ['a few deleted rows', groups(10, () => ({ deletedRows: 50_000 }))],
    ['three small groups', groups(3, () => ({ totalRows: 120_000, trimReason: 'BULKLOAD' }))],
    [
      'small groups that dictionaries keep small',
      groups(9, () => ({ totalRows: 200_000, trimReason: 'DICTIONARY_SIZE' })),
    ],
    [
      'small groups that memory kept small',
      groups(9, () => ({ totalRows: 200_000, trimReason: 'MEMORY_LIMITATION' })),
    ],
    ['few groups, though they overlap', groups(7, overlapping)],
    ['times the engine does not tell', groups(20, () => ({ span: null }))],
    ['what the tuple mover leaves behind', [...groups(3), group(98, { state: 'TOMBSTONE', span: null })]],
  ])('nothing to do: %s', (_what, given) => {
    expect(decideColumnstore(given)).toMatchObject({ action: 'nothing', reason: 'nothing to do' });
  });

  it.each([
    [
      'closed groups wait',
      [...groups(2), open({ state: 'CLOSED', closedMinutes: 60 })],
      '1 closed row groups',
    ],
    [
      'deleted rows gather in a group',
      [...groups(9), group(9, { deletedRows: 102_400 })],
      '1 row groups have many deleted',
    ],
    [
      'small groups fit together',
      groups(4, () => ({ totalRows: 102_400, trimReason: 'BULKLOAD' })),
      '4 small row groups',
    ],
    [
      'deletions have made groups small',
      groups(4, () => ({ totalRows: 600_000, deletedRows: 90_000 })),
      '4 small',
    ],
  ])('reorganizes when %s', (_what, given, reason) => {
    const decision = decideColumnstore(given);
    expect(decision).toMatchObject({ action: 'reorganize', reason: expect.stringContaining(reason) });
    expect(decision.rebuildDue).toBeUndefined();
  });

  it('compresses what has lain open for a week and is worth a group', () => {
    const given = [...groups(2), open({ totalRows: 102_400, ageMinutes: 10_080 })];
    expect(decideColumnstore(given)).toMatchObject({
      action: 'compress-all',
      reason: '102400 rows lie open for up to 7 days',
      figures: {
        groups: 3,
        compressedRows: 2_097_152,
        deltaRows: 102_400,
        deletedRows: 0,
        sizeBytes: 60_000_000,
      },
    });
  });

  it('rebuilds when most groups overlap in time', () => {
    const given = [
      ...groups(5, overlapping),
      ...groups(3).map((one) => ({ ...one, span: { first: 2000n, last: 2001n } })),
    ];
    expect(decideColumnstore(given.slice(0, 7))).toMatchObject({ action: 'nothing' });
    expect(decideColumnstore([...groups(4, overlapping), ...groups(4)])).toMatchObject({
      action: 'rebuild',
      reason: '8 of 8 row groups overlap in time',
    });
  });

  it('leaves half in disorder be', () => {
    const apart = (index: number) => ({
      span: { first: BigInt(5000 + index * 10), last: BigInt(5009 + index * 10) },
    });
    expect(decideColumnstore([...groups(4, overlapping), ...groups(4, apart)])).toMatchObject({
      action: 'nothing',
      figures: { overlappingGroups: 4 },
    });
  });

  it('rebuilds when deleted rows are many and spread', () => {
    const spread = groups(10, () => ({
      totalRows: 300_000,
      deletedRows: 95_000,
      trimReason: 'DICTIONARY_SIZE',
    }));
    expect(decideColumnstore(spread)).toMatchObject({
      action: 'rebuild',
      reason: expect.stringContaining('32 % of the rows are deleted'),
    });
  });

  it('does what it may online and says that a rebuild is due, where that takes the table away', () => {
    const offline = (index: number) => ({ ...overlapping(), onlineRebuild: false, closedMinutes: index });
    expect(decideColumnstore(groups(8, offline))).toMatchObject({
      action: 'nothing',
      rebuildDue: '8 of 8 row groups overlap in time',
    });
    expect(
      decideColumnstore([
        ...groups(8, offline),
        open({ state: 'CLOSED', closedMinutes: 90, onlineRebuild: false }),
      ]),
    ).toMatchObject({ action: 'reorganize', rebuildDue: '8 of 8 row groups overlap in time' });
  });
});
