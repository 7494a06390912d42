import type { SelectQueryBuilder } from 'kysely';
import { z } from 'zod';
import { type CamCommandTable, type DialectName, type Schema, contains } from '../data/index.ts';
import { code, instant, text } from '../http/fields.ts';
import { FINAL_STATUSES } from './attempts.ts';
import { applications, commandStatuses } from './contracts.ts';

/** Which commands are meant; what is left out does not narrow. */
export interface CommandFilter {
  readonly status?: string | undefined;
  readonly routingId?: string | undefined;
  readonly itemCode?: string | undefined;
  readonly application?: string | undefined;
  readonly commandType?: string | undefined;
  readonly workstation?: string | undefined;
  readonly errorCode?: string | undefined;
  /** Of the error the command stands with (`failureSignature`). */
  readonly signature?: string | undefined;
  readonly priority?: number | undefined;
  readonly requestedBy?: string | undefined;
  /** True: those that have not ended. False: those that have. */
  readonly open?: boolean | undefined;
  /** Part of item code, command type, requester or error message, whatever its case. */
  readonly q?: string | undefined;
  /** Of `requestedAt`, inclusive. */
  readonly from?: Date | undefined;
  /** Of `requestedAt`, exclusive. */
  readonly to?: Date | undefined;
}

export const signature = z.string().regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits');

/** The filters that are written alike in a query string and in a JSON body; `open` and `priority` are not. */
export const commandFilterFields = {
  status: z.enum(commandStatuses).optional(),
  routingId: z.uuid().toLowerCase().optional(),
  itemCode: code(64).optional(),
  application: z.enum(applications).optional(),
  commandType: text(64).optional(),
  workstation: text(100).optional(),
  errorCode: text(64).optional(),
  signature: signature.optional(),
  requestedBy: text(200).optional(),
  q: text(100).optional(),
  from: instant().optional(),
  to: instant().optional(),
} as const;

export const OPEN_STATUSES = commandStatuses.filter(
  (status) => !FINAL_STATUSES.some((final) => final === status),
);

const EQUAL_COLUMNS = {
  status: 'status',
  routingId: 'routingId',
  itemCode: 'itemCode',
  application: 'application',
  commandType: 'commandType',
  workstation: 'workstation',
  errorCode: 'errorCode',
  signature: 'errorSignature',
  priority: 'priority',
  requestedBy: 'requestedBy',
} as const satisfies Partial<Record<keyof CommandFilter, keyof CamCommandTable>>;

/** Narrows a query of commands by the filter. */
export function whereCommand<O>(
  query: SelectQueryBuilder<Schema, 'CamCommand', O>,
  filter: CommandFilter,
  dialect: DialectName,
): SelectQueryBuilder<Schema, 'CamCommand', O> {
  let result = query;
  for (const [name, column] of Object.entries(EQUAL_COLUMNS)) {
    const wanted = filter[name as keyof typeof EQUAL_COLUMNS];
    if (wanted !== undefined) result = result.where(column, '=', wanted);
  }
  if (filter.open !== undefined) {
    result = result.where('status', 'in', filter.open ? OPEN_STATUSES : FINAL_STATUSES);
  }
  if (filter.from) result = result.where('requestedAt', '>=', filter.from.toISOString());
  if (filter.to) result = result.where('requestedAt', '<', filter.to.toISOString());
  if (filter.q !== undefined) {
    const { q } = filter;
    const fields = ['itemCode', 'commandType', 'requestedBy', 'errorMessage'] as const;
    result = result.where((eb) => eb.or(fields.map((field) => contains(`CamCommand.${field}`, q, dialect))));
  }
  return result;
}
