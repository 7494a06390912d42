-- Core schema, SQLite form. Same tables, columns and keys as infra/sql/mssql/0001_core.sql.
-- Ids are lower-case UUID text, times are ISO 8601 UTC text with milliseconds, flags are 0 or 1.

CREATE TABLE Item (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  itemId TEXT NOT NULL,
  itemCode TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NULL,
  version INTEGER NOT NULL,
  createdAt TEXT NOT NULL,
  createdBy TEXT NOT NULL,
  changedAt TEXT NOT NULL,
  changedBy TEXT NOT NULL,
  CONSTRAINT UQ_Item_itemId UNIQUE (itemId),
  CONSTRAINT UQ_Item_itemCode UNIQUE (itemCode)
);

CREATE TABLE ItemRevision (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  itemRevisionId TEXT NOT NULL,
  itemCode TEXT NOT NULL,
  revisionCode TEXT NOT NULL,
  description TEXT NULL,
  createdAt TEXT NOT NULL,
  createdBy TEXT NOT NULL,
  CONSTRAINT UQ_ItemRevision_itemRevisionId UNIQUE (itemRevisionId),
  CONSTRAINT UQ_ItemRevision_code UNIQUE (itemCode, revisionCode),
  CONSTRAINT FK_ItemRevision_Item FOREIGN KEY (itemCode) REFERENCES Item (itemCode)
);

CREATE TABLE Routing (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  routingId TEXT NOT NULL,
  itemCode TEXT NOT NULL,
  revisionCode TEXT NOT NULL,
  routingCode TEXT NOT NULL,
  name TEXT NOT NULL,
  machine TEXT NOT NULL,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  workingCamRev INTEGER NOT NULL,
  releasedCamRev INTEGER NULL,
  isMain INTEGER NOT NULL,
  version INTEGER NOT NULL,
  createdAt TEXT NOT NULL,
  createdBy TEXT NOT NULL,
  changedAt TEXT NOT NULL,
  changedBy TEXT NOT NULL,
  CONSTRAINT UQ_Routing_routingId UNIQUE (routingId),
  CONSTRAINT UQ_Routing_code UNIQUE (itemCode, revisionCode, routingCode),
  CONSTRAINT FK_Routing_ItemRevision FOREIGN KEY (itemCode, revisionCode) REFERENCES ItemRevision (itemCode, revisionCode)
);
CREATE INDEX IX_Routing_revision ON Routing (itemCode, revisionCode, seq);
CREATE INDEX IX_Routing_status ON Routing (status, seq);
CREATE INDEX IX_Routing_changedAt ON Routing (changedAt, seq);

CREATE TABLE CamRevision (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  camRevisionId TEXT NOT NULL,
  routingId TEXT NOT NULL,
  camRev INTEGER NOT NULL,
  status TEXT NOT NULL,
  name TEXT NOT NULL,
  machine TEXT NOT NULL,
  createdAt TEXT NOT NULL,
  createdBy TEXT NOT NULL,
  submittedAt TEXT NULL,
  submittedBy TEXT NULL,
  approvedAt TEXT NULL,
  approvedBy TEXT NULL,
  releasedAt TEXT NULL,
  releasedBy TEXT NULL,
  CONSTRAINT UQ_CamRevision_camRevisionId UNIQUE (camRevisionId),
  CONSTRAINT UQ_CamRevision_number UNIQUE (routingId, camRev),
  CONSTRAINT FK_CamRevision_Routing FOREIGN KEY (routingId) REFERENCES Routing (routingId)
);

CREATE TABLE RoutingStep (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  routingStepId TEXT NOT NULL,
  routingId TEXT NOT NULL,
  camRev INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  machine TEXT NOT NULL,
  processDescription TEXT NOT NULL,
  toolInformation TEXT NULL,
  notes TEXT NULL,
  CONSTRAINT UQ_RoutingStep_routingStepId UNIQUE (routingStepId),
  CONSTRAINT UQ_RoutingStep_sequence UNIQUE (routingId, camRev, sequence),
  CONSTRAINT FK_RoutingStep_CamRevision FOREIGN KEY (routingId, camRev) REFERENCES CamRevision (routingId, camRev)
);

-- Bytes known to the system: one row per digest, the blob of that digest is never overwritten.
CREATE TABLE StoredFile (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 TEXT NOT NULL,
  sizeBytes INTEGER NOT NULL,
  storedAt TEXT NOT NULL,
  CONSTRAINT UQ_StoredFile_sha256 UNIQUE (sha256)
);

-- A verified file of one CAM revision.
CREATE TABLE RoutingFile (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  fileId TEXT NOT NULL,
  routingId TEXT NOT NULL,
  camRev INTEGER NOT NULL,
  fileName TEXT NOT NULL,
  role TEXT NOT NULL,
  contentType TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  sizeBytes INTEGER NOT NULL,
  uploadedAt TEXT NOT NULL,
  uploadedBy TEXT NOT NULL,
  commandId TEXT NULL,
  CONSTRAINT UQ_RoutingFile_fileId UNIQUE (fileId),
  CONSTRAINT UQ_RoutingFile_fileName UNIQUE (routingId, camRev, fileName),
  CONSTRAINT FK_RoutingFile_CamRevision FOREIGN KEY (routingId, camRev) REFERENCES CamRevision (routingId, camRev),
  CONSTRAINT FK_RoutingFile_StoredFile FOREIGN KEY (sha256) REFERENCES StoredFile (sha256)
);

CREATE TABLE UploadSession (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  fileId TEXT NOT NULL,
  routingId TEXT NOT NULL,
  fileName TEXT NOT NULL,
  role TEXT NOT NULL,
  contentType TEXT NOT NULL,
  sizeBytes INTEGER NOT NULL,
  sha256 TEXT NULL,
  status TEXT NOT NULL,
  rejectReason TEXT NULL,
  createdAt TEXT NOT NULL,
  createdBy TEXT NOT NULL,
  createdByKind TEXT NOT NULL,
  expiresAt TEXT NOT NULL,
  completedAt TEXT NULL,
  CONSTRAINT UQ_UploadSession_fileId UNIQUE (fileId),
  CONSTRAINT FK_UploadSession_Routing FOREIGN KEY (routingId) REFERENCES Routing (routingId)
);
CREATE INDEX IX_UploadSession_expiry ON UploadSession (status, expiresAt);

CREATE TABLE CamCommand (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  commandId TEXT NOT NULL,
  routingId TEXT NOT NULL,
  itemCode TEXT NOT NULL,
  revisionCode TEXT NOT NULL,
  camRev INTEGER NOT NULL,
  application TEXT NOT NULL,
  commandType TEXT NOT NULL,
  parameters TEXT NOT NULL,
  priority INTEGER NOT NULL,
  notBefore TEXT NULL,
  status TEXT NOT NULL,
  run INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  maxAttempts INTEGER NOT NULL,
  requestedAt TEXT NOT NULL,
  requestedBy TEXT NOT NULL,
  requestedByKind TEXT NOT NULL,
  startedAt TEXT NULL,
  completedAt TEXT NULL,
  workstation TEXT NULL,
  errorCode TEXT NULL,
  errorMessage TEXT NULL,
  waitReason TEXT NULL,
  cancelRequestedAt TEXT NULL,
  cancelRequestedBy TEXT NULL,
  cancelReason TEXT NULL,
  traceparent TEXT NULL,
  version INTEGER NOT NULL,
  CONSTRAINT UQ_CamCommand_commandId UNIQUE (commandId),
  CONSTRAINT FK_CamCommand_Routing FOREIGN KEY (routingId) REFERENCES Routing (routingId)
);
CREATE INDEX IX_CamCommand_routing ON CamCommand (routingId, seq);
CREATE INDEX IX_CamCommand_status ON CamCommand (status, seq);
CREATE INDEX IX_CamCommand_item ON CamCommand (itemCode, seq);

CREATE TABLE CamCommandAttempt (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  attemptId TEXT NOT NULL,
  commandId TEXT NOT NULL,
  run INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  status TEXT NOT NULL,
  workstation TEXT NULL,
  queuedAt TEXT NOT NULL,
  claimedAt TEXT NULL,
  startedAt TEXT NULL,
  endedAt TEXT NULL,
  phase TEXT NULL,
  [percent] REAL NULL,
  logTail TEXT NULL,
  errorCode TEXT NULL,
  errorMessage TEXT NULL,
  CONSTRAINT UQ_CamCommandAttempt_attemptId UNIQUE (attemptId),
  CONSTRAINT UQ_CamCommandAttempt_number UNIQUE (commandId, run, attempt),
  CONSTRAINT FK_CamCommandAttempt_CamCommand FOREIGN KEY (commandId) REFERENCES CamCommand (commandId)
);

-- The files a command made, kept for good: the routing's own list moves on when a later run replaces them.
CREATE TABLE CamCommandOutput (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  fileId TEXT NOT NULL,
  commandId TEXT NOT NULL,
  routingId TEXT NOT NULL,
  camRev INTEGER NOT NULL,
  fileName TEXT NOT NULL,
  role TEXT NOT NULL,
  contentType TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  sizeBytes INTEGER NOT NULL,
  madeAt TEXT NOT NULL,
  CONSTRAINT UQ_CamCommandOutput_fileId UNIQUE (fileId),
  CONSTRAINT UQ_CamCommandOutput_fileName UNIQUE (commandId, fileName),
  CONSTRAINT FK_CamCommandOutput_CamCommand FOREIGN KEY (commandId) REFERENCES CamCommand (commandId),
  CONSTRAINT FK_CamCommandOutput_StoredFile FOREIGN KEY (sha256) REFERENCES StoredFile (sha256)
);

-- The hot queue: in-flight rows only, no foreign keys (the memory-optimized form cannot cross them).
CREATE TABLE CamWorkItem (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  workItemId TEXT NOT NULL,
  attemptId TEXT NOT NULL,
  commandId TEXT NOT NULL,
  run INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  application TEXT NOT NULL,
  priority INTEGER NOT NULL,
  notBefore TEXT NOT NULL,
  enqueuedAt TEXT NOT NULL,
  state TEXT NOT NULL,
  workstation TEXT NULL,
  claimId TEXT NULL,
  leaseUntil TEXT NULL,
  cancelRequested INTEGER NOT NULL,
  CONSTRAINT UQ_CamWorkItem_workItemId UNIQUE (workItemId),
  CONSTRAINT UQ_CamWorkItem_attemptId UNIQUE (attemptId)
);
CREATE INDEX IX_CamWorkItem_claim ON CamWorkItem (state, application, priority DESC, seq);
CREATE INDEX IX_CamWorkItem_claimId ON CamWorkItem (claimId);
CREATE INDEX IX_CamWorkItem_lease ON CamWorkItem (state, leaseUntil);

CREATE TABLE Workstation (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  workstationId TEXT NOT NULL,
  name TEXT NOT NULL,
  subject TEXT NOT NULL,
  bootId TEXT NOT NULL,
  agentVersion TEXT NOT NULL,
  applications TEXT NOT NULL,
  seats INTEGER NOT NULL,
  announcedAt TEXT NOT NULL,
  lastSeenAt TEXT NOT NULL,
  CONSTRAINT UQ_Workstation_workstationId UNIQUE (workstationId),
  CONSTRAINT UQ_Workstation_name UNIQUE (name)
);

-- Append-only.
CREATE TABLE HistoryEntry (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  historyId TEXT NOT NULL,
  itemCode TEXT NOT NULL,
  revisionCode TEXT NULL,
  routingId TEXT NULL,
  camRev INTEGER NULL,
  changeType TEXT NOT NULL,
  field TEXT NULL,
  previousValue TEXT NULL,
  currentValue TEXT NULL,
  changedAt TEXT NOT NULL,
  changedBy TEXT NOT NULL,
  actorKind TEXT NOT NULL,
  comment TEXT NULL,
  traceId TEXT NULL,
  CONSTRAINT UQ_HistoryEntry_historyId UNIQUE (historyId)
);
CREATE INDEX IX_HistoryEntry_changedAt ON HistoryEntry (changedAt, seq);
CREATE INDEX IX_HistoryEntry_routing ON HistoryEntry (routingId, changedAt, seq);
CREATE INDEX IX_HistoryEntry_item ON HistoryEntry (itemCode, revisionCode, changedAt, seq);

-- Messages and events that a transaction promised; removed once the broker or the orchestration has them.
CREATE TABLE Outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  outboxId TEXT NOT NULL,
  kind TEXT NOT NULL,
  destination TEXT NOT NULL,
  messageId TEXT NOT NULL,
  body TEXT NOT NULL,
  traceparent TEXT NULL,
  createdAt TEXT NOT NULL,
  notBefore TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  lastError TEXT NULL,
  CONSTRAINT UQ_Outbox_outboxId UNIQUE (outboxId)
);
CREATE INDEX IX_Outbox_due ON Outbox (notBefore, seq);

CREATE TABLE IdempotencyKey (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  requestHash TEXT NOT NULL,
  state TEXT NOT NULL,
  status INTEGER NULL,
  headers TEXT NULL,
  body TEXT NULL,
  createdAt TEXT NOT NULL,
  expiresAt TEXT NOT NULL,
  CONSTRAINT UQ_IdempotencyKey_scope UNIQUE (scope)
);
CREATE INDEX IX_IdempotencyKey_expiry ON IdempotencyKey (expiresAt);
