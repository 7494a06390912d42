import type { Generated } from 'kysely';

/**
 * Tables of schema `mcms` as the queries see them, on either engine: ids are lower-case UUID strings, times are ISO 8601 UTC
 * strings with milliseconds, flags are 0 or 1. Columns are described in infra/sql/.
 */
export interface Schema {
  Item: ItemTable;
  ItemRevision: ItemRevisionTable;
  Routing: RoutingTable;
  CamRevision: CamRevisionTable;
  RoutingStep: RoutingStepTable;
  StoredFile: StoredFileTable;
  RoutingFile: RoutingFileTable;
  UploadSession: UploadSessionTable;
  CamCommand: CamCommandTable;
  CamCommandAttempt: CamCommandAttemptTable;
  CamCommandOutput: CamCommandOutputTable;
  CamWorkItem: CamWorkItemTable;
  Workstation: WorkstationTable;
  HistoryEntry: HistoryEntryTable;
  Outbox: OutboxTable;
  IdempotencyKey: IdempotencyKeyTable;
  CommitMarker: CommitMarkerTable;
  ImportRun: ImportRunTable;
  HistoryArchive: HistoryArchiveTable;
}

interface Sequenced {
  /** Clustering key; the tie-breaker of every order. */
  seq: Generated<number>;
}

interface Created {
  createdAt: string;
  createdBy: string;
}

interface Changed extends Created {
  changedAt: string;
  changedBy: string;
  /** Counts up with every change; the HTTP ETag. */
  version: number;
}

export interface ItemTable extends Sequenced, Changed {
  itemId: string;
  itemCode: string;
  name: string;
  description: string | null;
}

export interface ItemRevisionTable extends Sequenced, Created {
  itemRevisionId: string;
  itemCode: string;
  revisionCode: string;
  description: string | null;
}

export interface RoutingTable extends Sequenced, Changed {
  routingId: string;
  itemCode: string;
  revisionCode: string;
  routingCode: string;
  name: string;
  machine: string;
  owner: string;
  /** Status of the working CAM revision. */
  status: string;
  workingCamRev: number;
  releasedCamRev: number | null;
  isMain: number;
}

export interface CamRevisionTable extends Sequenced, Created {
  camRevisionId: string;
  routingId: string;
  camRev: number;
  status: string;
  name: string;
  machine: string;
  submittedAt: string | null;
  submittedBy: string | null;
  approvedAt: string | null;
  approvedBy: string | null;
  releasedAt: string | null;
  releasedBy: string | null;
}

export interface RoutingStepTable extends Sequenced {
  routingStepId: string;
  routingId: string;
  camRev: number;
  sequence: number;
  machine: string;
  processDescription: string;
  toolInformation: string | null;
  notes: string | null;
}

export interface StoredFileTable extends Sequenced {
  sha256: string;
  sizeBytes: number;
  storedAt: string;
}

export interface RoutingFileTable extends Sequenced {
  fileId: string;
  routingId: string;
  camRev: number;
  fileName: string;
  role: string;
  contentType: string;
  sha256: string;
  sizeBytes: number;
  uploadedAt: string;
  uploadedBy: string;
  /** The command that made this file, if one did. */
  commandId: string | null;
}

export interface UploadSessionTable extends Sequenced, Created {
  fileId: string;
  routingId: string;
  fileName: string;
  role: string;
  contentType: string;
  sizeBytes: number;
  sha256: string | null;
  status: string;
  rejectReason: string | null;
  createdByKind: string;
  /** When the sweeper looks at it next: the end of a Pending one, the next look at a Verifying one. */
  expiresAt: string;
  completedAt: string | null;
}

export interface CamCommandTable extends Sequenced {
  commandId: string;
  routingId: string;
  itemCode: string;
  revisionCode: string;
  camRev: number;
  application: string;
  commandType: string;
  /** JSON. */
  parameters: string;
  priority: number;
  notBefore: string | null;
  status: string;
  run: number;
  attempt: number;
  maxAttempts: number;
  requestedAt: string;
  requestedBy: string;
  requestedByKind: string;
  startedAt: string | null;
  completedAt: string | null;
  workstation: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  waitReason: string | null;
  cancelRequestedAt: string | null;
  cancelRequestedBy: string | null;
  cancelReason: string | null;
  traceparent: string | null;
  version: number;
}

export interface CamCommandAttemptTable extends Sequenced {
  attemptId: string;
  commandId: string;
  run: number;
  attempt: number;
  fence: number;
  status: string;
  workstation: string | null;
  queuedAt: string;
  claimedAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  phase: string | null;
  percent: number | null;
  /** JSON array of lines. */
  logTail: string | null;
  errorCode: string | null;
  errorMessage: string | null;
}

export interface CamCommandOutputTable extends Sequenced {
  /** The same id as in RoutingFile, where the row may have been replaced since. */
  fileId: string;
  commandId: string;
  routingId: string;
  camRev: number;
  fileName: string;
  role: string;
  contentType: string;
  sha256: string;
  sizeBytes: number;
  madeAt: string;
}

export interface CamWorkItemTable extends Sequenced {
  workItemId: string;
  attemptId: string;
  commandId: string;
  run: number;
  attempt: number;
  fence: number;
  application: string;
  priority: number;
  notBefore: string;
  enqueuedAt: string;
  state: string;
  workstation: string | null;
  claimId: string | null;
  leaseUntil: string | null;
  cancelRequested: number;
}

export interface WorkstationTable extends Sequenced {
  workstationId: string;
  name: string;
  subject: string;
  bootId: string;
  agentVersion: string;
  /** JSON array. */
  applications: string;
  seats: number;
  announcedAt: string;
  lastSeenAt: string;
}

export interface HistoryEntryTable extends Sequenced {
  historyId: string;
  itemCode: string;
  revisionCode: string | null;
  routingId: string | null;
  camRev: number | null;
  changeType: string;
  field: string | null;
  previousValue: string | null;
  currentValue: string | null;
  changedAt: string;
  changedBy: string;
  actorKind: string;
  comment: string | null;
  traceId: string | null;
}

export interface OutboxTable extends Sequenced {
  outboxId: string;
  kind: string;
  destination: string;
  messageId: string;
  /** JSON. */
  body: string;
  traceparent: string | null;
  createdAt: string;
  notBefore: string;
  attempts: number;
  lastError: string | null;
}

export interface IdempotencyKeyTable extends Sequenced {
  scope: string;
  requestHash: string;
  state: string;
  status: number | null;
  headers: string | null;
  body: string | null;
  createdAt: string;
  expiresAt: string;
}

/** SQL Server only: one row per write transaction of the last hours, which tells whether it was committed. */
export interface CommitMarkerTable extends Sequenced {
  markerId: string;
  committedAt: string;
}

export interface ImportRunTable extends Sequenced {
  importRunId: string;
  kind: string;
  fileName: string;
  /** SHA-256 of the file in hex: the same content is the same run, whatever its name. */
  fileDigest: string;
  /** Records of the file that are done with: written, rejected or there already. */
  rowsRead: number;
  rowsWritten: number;
  rowsRejected: number;
  /** Where the next record begins in the file. */
  byteOffset: number;
  /** Length of the file of rejects that belongs to `byteOffset`. */
  rejectedBytes: number;
  state: string;
  startedAt: string;
  startedBy: string;
  updatedAt: string;
  finishedAt: string | null;
}

/** Entries that retention has moved out of `HistoryEntry`, with the `seq` they had there. */
export interface HistoryArchiveTable extends Omit<HistoryEntryTable, 'seq'> {
  seq: number;
  archivedAt: string;
}
