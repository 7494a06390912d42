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
  CamWorkLane: CamWorkLaneTable;
  CamPause: CamPauseTable;
  OperatorAction: OperatorActionTable;
  BulkAction: BulkActionTable;
  BulkActionItem: BulkActionItemTable;
  Incident: IncidentTable;
  IncidentCommand: IncidentCommandTable;
  Notification: NotificationTable;
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
  /** The command this one was made from with other parameters. */
  clonedFromId: string | null;
  /** While Retrying: when the next attempt begins by itself. */
  nextAttemptAt: string | null;
  /** Of a failure: what kind it is, whatever names and numbers its text carries (`failure-signature.ts`). */
  errorSignature: string | null;
  /** While Failed: from when MCMS may start the next run by itself, once the operators have been told. */
  reprocessAt: string | null;
  /** Runs that MCMS started by itself. */
  automaticRuns: Generated<number>;
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
  errorSignature: string | null;
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
  /** `Waiting` for a claim; `Claimed`: an agent holds the lease; `Lost`: it ran out, and the orchestration is told. */
  state: string;
  workstation: string | null;
  claimId: string | null;
  leaseUntil: string | null;
  cancelRequested: number;
  /** What it wants: of `CamWorkLane`; 0 for an item that version 0.1 put in. */
  laneId: Generated<number>;
  requestedBy: Generated<string>;
  /** Round in which its person is served, among the waiting items of its priority. */
  turn: Generated<number>;
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
  /** JSON array (`abilities` of the announcement); null from an agent of version 0.1, which takes anything of its applications. */
  abilities: string | null;
  platform: string | null;
  /** Whether somebody is logged on to run CAM programs: `connected` or `absent`; null when the agent starts them itself. */
  runner: string | null;
  certificateExpiresAt: string | null;
}

/** What a work item wants of a workstation, once for all items that want the same: the queue is a row of lanes. Empty text: anything goes. */
export interface CamWorkLaneTable extends Sequenced {
  laneId: number;
  application: string;
  commandType: string;
  postProcessor: string;
  machine: string;
  createdAt: string;
  /** About when an item was last put in: noted once a day. */
  usedAt: string;
}

/** A pause of an application, of one of its command types, or of a workstation. It is in force until endedAt or resumeAt. */
export interface CamPauseTable extends Sequenced {
  pauseId: string;
  application: string | null;
  commandType: string | null;
  workstation: string | null;
  reason: string;
  createdAt: string;
  createdBy: string;
  resumeAt: string | null;
  endedAt: string | null;
  endedBy: string | null;
}

/** What people (and MCMS by itself) did to commands, pauses, messages and incidents: append-only. */
export interface OperatorActionTable extends Sequenced {
  actionId: string;
  action: string;
  subject: string;
  commandId: string | null;
  run: number | null;
  reason: string | null;
  previousValue: string | null;
  currentValue: string | null;
  actedAt: string;
  actedBy: string;
  actorKind: string;
  traceId: string | null;
}

/** A retry or cancellation of many commands at once: the commands are chosen when it is prepared, and it can be gone on with. */
export interface BulkActionTable extends Sequenced {
  bulkActionId: string;
  action: string;
  filter: string;
  reason: string;
  state: string;
  matched: number;
  createdAt: string;
  createdBy: string;
  createdByKind: string;
  startedAt: string | null;
  finishedAt: string | null;
}

/** One command of a bulk action and what came of it. */
export interface BulkActionItemTable extends Sequenced {
  bulkActionId: string;
  commandId: string;
  result: string;
  detail: string | null;
  doneAt: string | null;
}

/** One per cause, open until solved. openKey is the cause while it is open and the incident's own id afterwards: its being unique keeps a cause from having two open incidents. */
export interface IncidentTable extends Sequenced {
  incidentId: string;
  openKey: string;
  cause: string;
  kind: string;
  state: string;
  severity: string;
  application: string | null;
  commandType: string | null;
  workstation: string | null;
  queue: string | null;
  errorCode: string | null;
  errorMessage: string | null;
  occurrences: number;
  openedAt: string;
  lastAt: string;
  toldAt: string | null;
  toldOccurrences: number;
  escalatedAt: string | null;
  owner: string | null;
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
  solvedAt: string | null;
  solvedBy: string | null;
  solution: string | null;
  /** Of dead letters: the highest sequence number seen. */
  highestNumber: number | null;
  version: number;
}

/** A failed run of a command and the incident that tells of it: each failed run belongs to exactly one. */
export interface IncidentCommandTable extends Sequenced {
  incidentId: string;
  commandId: string;
  run: number;
  failedAt: string;
}

/** Something to be told to somebody by one channel. Written with what it tells of; sent, and tried again, by a timer. */
export interface NotificationTable extends Sequenced {
  notificationId: string;
  dedupeKey: string;
  kind: string;
  channel: string;
  recipient: string;
  incidentId: string | null;
  commandId: string | null;
  run: number | null;
  content: string;
  state: string;
  attempts: number;
  nextAt: string;
  lastError: string | null;
  createdAt: string;
  sentAt: string | null;
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
