import { z } from 'zod';
import { actorKinds, changeTypes } from '../../../shared/history/contracts.ts';
import { text } from '../../../shared/http/fields.ts';
import { identifyingCode, itemCode, revisionCode } from '../../../shared/items/codes.ts';
import type { Column } from '../source/record.ts';

const EARLIEST = '1900-01-01T00:00:00.000Z';

/** The columns of a history file: those of `GET /api/history`, and `routingCode` for systems that do not know our ids. */
export const HISTORY_COLUMNS: readonly Column[] = [
  { name: 'historyId' },
  { name: 'itemCode', required: true },
  { name: 'revisionCode' },
  { name: 'routingId' },
  { name: 'routingCode' },
  { name: 'camRev', type: 'integer' },
  { name: 'changeType', required: true },
  { name: 'field' },
  { name: 'previousValue' },
  { name: 'currentValue' },
  { name: 'changedAt', required: true },
  { name: 'changedBy', required: true },
  { name: 'actorKind' },
  { name: 'comment' },
  { name: 'traceId' },
];

/** One entry of a history file. Times become UTC with milliseconds; finer parts of a second are cut off. */
export const historyRecord = z
  .strictObject({
    historyId: z.uuid('must be a UUID').toLowerCase().optional(),
    itemCode,
    revisionCode: revisionCode.optional(),
    routingId: z.uuid('must be a UUID').toLowerCase().optional(),
    routingCode: identifyingCode(64).optional(),
    camRev: z.int().min(1).max(2_147_483_647).optional(),
    changeType: z.enum(changeTypes, `must be one of ${changeTypes.join(', ')}`),
    field: text(100).optional(),
    previousValue: text(2000, { multiline: true }).optional(),
    currentValue: text(2000, { multiline: true }).optional(),
    changedAt: z.iso
      .datetime({
        offset: true,
        error: 'must be an ISO 8601 date and time with an offset, such as 2026-01-31T08:00:00+09:00',
      })
      .transform((value) => new Date(value).toISOString())
      .refine((value) => value >= EARLIEST, 'must be 1900 or later'),
    changedBy: text(200),
    actorKind: z.enum(actorKinds, `must be one of ${actorKinds.join(', ')}`).default('service'),
    comment: text(1000, { multiline: true }).optional(),
    traceId: z
      .string()
      .regex(/^[0-9a-f]{32}$/, 'must be 32 lower-case hexadecimal digits')
      .optional(),
  })
  .check((ctx) => {
    const { revisionCode: revision, routingId, routingCode, camRev } = ctx.value;
    const wrong = (path: string, message: string): void => {
      ctx.issues.push({ code: 'custom', path: [path], message, input: ctx.value });
    };
    if (routingCode !== undefined && revision === undefined) {
      wrong('revisionCode', 'must be given with routingCode');
    }
    if (routingCode !== undefined && routingId !== undefined) {
      wrong('routingCode', 'must not be given with routingId');
    }
    if (camRev !== undefined && routingCode === undefined && routingId === undefined) {
      wrong('camRev', 'needs routingId or routingCode');
    }
  });
export type HistoryRecord = z.output<typeof historyRecord>;
