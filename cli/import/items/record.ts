import { z } from 'zod';
import { text } from '../../../shared/http/fields.ts';
import { itemCode, revisionCode } from '../../../shared/items/codes.ts';
import type { Column } from '../source/record.ts';

/** The columns of a file of items: a row an item, or a row an item revision with what is said of the item repeated. */
export const ITEM_COLUMNS: readonly Column[] = [
  { name: 'itemCode', required: true },
  { name: 'name', required: true },
  { name: 'description' },
  { name: 'revisionCode' },
  { name: 'revisionDescription' },
];

export const itemRecord = z
  .strictObject({
    itemCode,
    name: text(200),
    description: text(2000, { multiline: true }).optional(),
    revisionCode: revisionCode.optional(),
    revisionDescription: text(2000, { multiline: true }).optional(),
  })
  .refine(
    ({ revisionCode: revision, revisionDescription }) =>
      revision !== undefined || revisionDescription === undefined,
    { path: ['revisionDescription'], message: 'needs revisionCode' },
  );
export type ItemRecord = z.output<typeof itemRecord>;
