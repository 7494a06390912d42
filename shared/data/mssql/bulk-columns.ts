import { TYPES } from 'tedious';
import type { BulkRow, BulkTable } from '../bulk.ts';

export type ColumnDataType = (typeof TYPES)[keyof typeof TYPES];

/** A column as infra/sql/mssql declares it. */
export interface BulkColumn {
  readonly type: ColumnDataType;
  readonly length?: number;
  readonly scale?: number;
  readonly nullable: boolean;
}

const uuid = { type: TYPES.UniqueIdentifier, nullable: false } as const;
const int = { type: TYPES.Int, nullable: false } as const;
const bigint = { type: TYPES.BigInt, nullable: false } as const;
const flag = { type: TYPES.Bit, nullable: false } as const;
const time = { type: TYPES.DateTime2, scale: 3, nullable: false } as const;
const text = (length: number) => ({ type: TYPES.NVarChar, length, nullable: false }) as const;
const hex = (length: number) => ({ type: TYPES.Char, length, nullable: false }) as const;

function orNull(column: BulkColumn): BulkColumn {
  return { ...column, nullable: true };
}

const created = { createdAt: time, createdBy: text(200) };
const changed = { version: int, ...created, changedAt: time, changedBy: text(200) };

/** Every column of the tables that are loaded in bulk, but the identity. */
export const BULK_COLUMNS: { readonly [T in BulkTable]: Readonly<Record<keyof BulkRow<T>, BulkColumn>> } = {
  Item: {
    itemId: uuid,
    itemCode: text(64),
    name: text(200),
    description: orNull(text(2000)),
    ...changed,
  },
  ItemRevision: {
    itemRevisionId: uuid,
    itemCode: text(64),
    revisionCode: text(16),
    description: orNull(text(2000)),
    ...created,
  },
  Routing: {
    routingId: uuid,
    itemCode: text(64),
    revisionCode: text(16),
    routingCode: text(64),
    name: text(200),
    machine: text(100),
    owner: text(200),
    status: text(24),
    workingCamRev: int,
    releasedCamRev: orNull(int),
    isMain: flag,
    ...changed,
  },
  CamRevision: {
    camRevisionId: uuid,
    routingId: uuid,
    camRev: int,
    status: text(24),
    name: text(200),
    machine: text(100),
    ...created,
    submittedAt: orNull(time),
    submittedBy: orNull(text(200)),
    approvedAt: orNull(time),
    approvedBy: orNull(text(200)),
    releasedAt: orNull(time),
    releasedBy: orNull(text(200)),
  },
  RoutingStep: {
    routingStepId: uuid,
    routingId: uuid,
    camRev: int,
    sequence: int,
    machine: text(100),
    processDescription: text(1000),
    toolInformation: orNull(text(500)),
    notes: orNull(text(2000)),
  },
  HistoryEntry: {
    historyId: uuid,
    itemCode: text(64),
    revisionCode: orNull(text(16)),
    routingId: orNull(uuid),
    camRev: orNull(int),
    changeType: text(40),
    field: orNull(text(100)),
    previousValue: orNull(text(2000)),
    currentValue: orNull(text(2000)),
    changedAt: time,
    changedBy: text(200),
    actorKind: text(16),
    comment: orNull(text(1000)),
    traceId: orNull(hex(32)),
  },
  ImportRun: {
    importRunId: uuid,
    kind: text(16),
    fileName: text(260),
    fileDigest: hex(64),
    rowsRead: bigint,
    rowsWritten: bigint,
    rowsRejected: bigint,
    byteOffset: bigint,
    rejectedBytes: bigint,
    state: text(16),
    startedAt: time,
    startedBy: text(200),
    updatedAt: time,
    finishedAt: orNull(time),
  },
};
