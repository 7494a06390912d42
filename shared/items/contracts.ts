import { z } from 'zod';
import { text, timestamp } from '../http/fields.ts';
import { itemCode, optionalText, revisionCode } from './codes.ts';

export const createItemRequest = z.strictObject({
  itemCode,
  name: text(200),
  description: optionalText(2000),
});
export type CreateItemRequest = z.infer<typeof createItemRequest>;

/** What is left out stays as it is. */
export const changeItemRequest = z.strictObject({
  name: text(200).optional(),
  description: optionalText(2000),
  comment: text(1000, { multiline: true }).optional(),
});
export type ChangeItemRequest = z.infer<typeof changeItemRequest>;

export const createRevisionRequest = z.strictObject({ revisionCode, description: optionalText(2000) });
export type CreateRevisionRequest = z.infer<typeof createRevisionRequest>;

export const item = z
  .object({
    itemCode: z.string(),
    name: z.string(),
    description: z.string().nullable(),
    version: z.int().min(1),
    createdAt: timestamp(),
    createdBy: z.string(),
    changedAt: timestamp(),
    changedBy: z.string(),
  })
  .meta({ id: 'Item' });
export type Item = z.infer<typeof item>;

export const itemRevision = z
  .object({
    itemCode: z.string(),
    revisionCode: z.string(),
    description: z.string().nullable(),
    createdAt: timestamp(),
    createdBy: z.string(),
  })
  .meta({ id: 'ItemRevision' });
export type ItemRevision = z.infer<typeof itemRevision>;

/** Revisions by code. */
export const itemDetail = z
  .object({ ...item.shape, revisions: z.array(itemRevision) })
  .meta({ id: 'ItemDetail' });
export type ItemDetail = z.infer<typeof itemDetail>;
