import type { Request } from 'tedious';
import type { BulkTable } from '../bulk.ts';
import { COLUMNS } from '../columns.ts';
import { parameterOf } from './request.ts';

type AddParameter = Parameters<Request['addParameter']>;

/** A column as a bulk load declares it. */
export interface BulkColumn {
  readonly name: string;
  readonly type: AddParameter[1];
  readonly options: NonNullable<AddParameter[3]> & { readonly nullable: boolean };
}

/** Columns that infra/sql/mssql declares NULL. */
const NULLABLE: { readonly [T in BulkTable]: readonly (keyof (typeof COLUMNS)[T])[] } = {
  Item: ['description'],
  ItemRevision: ['description'],
  Routing: ['releasedCamRev'],
  CamRevision: ['submittedAt', 'submittedBy', 'approvedAt', 'approvedBy', 'releasedAt', 'releasedBy'],
  RoutingStep: ['toolInformation', 'notes'],
  HistoryEntry: [
    'revisionCode',
    'routingId',
    'camRev',
    'field',
    'previousValue',
    'currentValue',
    'comment',
    'traceId',
  ],
  ImportRun: ['finishedAt'],
};

/** Every column of a table but the identity, which the server fills. */
export function bulkColumns(table: BulkTable): BulkColumn[] {
  const nullable: readonly string[] = NULLABLE[table];
  return Object.entries(COLUMNS[table])
    .filter(([name]) => name !== 'seq')
    .map(([name, sqlType]) => {
      const { type, options } = parameterOf(sqlType, null);
      return { name, type, options: { ...options, nullable: nullable.includes(name) } };
    });
}
