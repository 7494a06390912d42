import type { Selectable } from 'kysely';
import { z } from 'zod';
import type { BulkActionItemTable, BulkActionTable } from '../data/index.ts';
import { timestamp } from '../http/fields.ts';
import { actorKinds } from '../history/contracts.ts';

export const bulkActionNames = ['retry', 'cancel'] as const;
export type BulkActionName = (typeof bulkActionNames)[number];

/** Prepared: counted, nothing done. Stopped: can be gone on with. */
export const bulkStates = ['Prepared', 'Running', 'Stopped', 'Finished'] as const;
export type BulkState = (typeof bulkStates)[number];

/** Skipped: the command was no longer in a state that fits. Failed: an error kept it from being done. */
export const bulkItemResults = ['Pending', 'Done', 'Skipped', 'Failed'] as const;
export type BulkItemResult = (typeof bulkItemResults)[number];

/** Commands that one bulk action may be about. */
export const MAX_BULK_COMMANDS = 10_000;

const count = z.int().min(0);

export const bulkActionView = z
  .object({
    bulkActionId: z.uuid(),
    action: z.enum(bulkActionNames),
    filter: z.record(z.string(), z.json()).describe('As it was given.'),
    reason: z.string(),
    state: z.enum(bulkStates),
    matched: count.describe('Commands that fitted when it was prepared: these and no others are acted upon.'),
    counts: z.object({ pending: count, done: count, skipped: count, failed: count }),
    progressPercent: z.int().min(0).max(100),
    createdAt: timestamp(),
    createdBy: z.string(),
    createdByKind: z.enum(actorKinds),
    startedAt: timestamp().nullable(),
    finishedAt: timestamp().nullable(),
  })
  .meta({ id: 'BulkAction' });
export type BulkActionView = z.infer<typeof bulkActionView>;

export const bulkActionItem = z
  .object({
    commandId: z.uuid(),
    result: z.enum(bulkItemResults),
    detail: z.string().nullable(),
    doneAt: timestamp().nullable(),
  })
  .meta({ id: 'BulkActionItem' });
export type BulkActionItem = z.infer<typeof bulkActionItem>;

export type BulkRow = Omit<Selectable<BulkActionTable>, 'seq'>;

export function toBulkActionView(row: BulkRow, counts: ReadonlyMap<string, number>): BulkActionView {
  const of = (result: BulkItemResult) => counts.get(result) ?? 0;
  const pending = of('Pending');
  return {
    bulkActionId: row.bulkActionId,
    action: row.action as BulkActionName,
    filter: JSON.parse(row.filter) as BulkActionView['filter'],
    reason: row.reason,
    state: row.state as BulkState,
    matched: row.matched,
    counts: { pending, done: of('Done'), skipped: of('Skipped'), failed: of('Failed') },
    progressPercent: row.matched === 0 ? 100 : Math.floor(((row.matched - pending) / row.matched) * 100),
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    createdByKind: row.createdByKind as BulkActionView['createdByKind'],
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}

export function toBulkItem(row: Omit<BulkActionItemTable, 'seq'>): BulkActionItem {
  const { commandId, detail, doneAt } = row;
  return { commandId, result: row.result as BulkItemResult, detail, doneAt };
}
