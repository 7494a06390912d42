import { expect, it } from '@jest/globals';
import { createQueryId } from 'kysely';
import { RowForm } from './row-form.ts';

it('gives rows of SQL Server the form of the schema', async () => {
  const { rows } = await new RowForm().transformResult({
    queryId: createQueryId(),
    result: {
      rows: [
        {
          seq: '12',
          sizeBytes: '5000000000',
          isMain: true,
          changedAt: new Date('2026-01-31T08:00:00.123Z'),
          itemCode: '0012',
          comment: null,
        },
      ],
    },
  });
  expect(rows).toEqual([
    {
      seq: 12,
      sizeBytes: 5_000_000_000,
      isMain: 1,
      changedAt: '2026-01-31T08:00:00.123Z',
      itemCode: '0012',
      comment: null,
    },
  ]);
});
