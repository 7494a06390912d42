-- Core schema, T-SQL form. Same tables, columns and keys as infra/sql/sqlite/0001_core.sql.
-- Every table clusters on its own identity; public ids are made in the application. Times are UTC.
-- Texts compare and sort by code point, whatever the database's collation is, so that both engines agree on equality, keys and order.
-- Only T-SQL that SQL Server and Azure SQL share with plain engines: no columnstore or memory-optimized table here.

-- Owned by dbo: procedures that run as their owner need one single user for that.
CREATE SCHEMA mcms AUTHORIZATION dbo;
GO

CREATE TABLE mcms.Item (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_Item PRIMARY KEY CLUSTERED (seq),
  itemId uniqueidentifier NOT NULL,
  itemCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  description nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  version int NOT NULL,
  createdAt datetime2(3) NOT NULL,
  createdBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  changedAt datetime2(3) NOT NULL,
  changedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  CONSTRAINT UQ_Item_itemId UNIQUE (itemId),
  CONSTRAINT UQ_Item_itemCode UNIQUE (itemCode)
);

CREATE TABLE mcms.ItemRevision (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_ItemRevision PRIMARY KEY CLUSTERED (seq),
  itemRevisionId uniqueidentifier NOT NULL,
  itemCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  revisionCode nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  description nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  createdAt datetime2(3) NOT NULL,
  createdBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  CONSTRAINT UQ_ItemRevision_itemRevisionId UNIQUE (itemRevisionId),
  CONSTRAINT UQ_ItemRevision_code UNIQUE (itemCode, revisionCode),
  CONSTRAINT FK_ItemRevision_Item FOREIGN KEY (itemCode) REFERENCES mcms.Item (itemCode)
);

CREATE TABLE mcms.Routing (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_Routing PRIMARY KEY CLUSTERED (seq),
  routingId uniqueidentifier NOT NULL,
  itemCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  revisionCode nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  routingCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  machine nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
  owner nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  status nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  workingCamRev int NOT NULL,
  releasedCamRev int NULL,
  isMain bit NOT NULL,
  version int NOT NULL,
  createdAt datetime2(3) NOT NULL,
  createdBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  changedAt datetime2(3) NOT NULL,
  changedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  CONSTRAINT UQ_Routing_routingId UNIQUE (routingId),
  CONSTRAINT UQ_Routing_code UNIQUE (itemCode, revisionCode, routingCode),
  CONSTRAINT FK_Routing_ItemRevision FOREIGN KEY (itemCode, revisionCode) REFERENCES mcms.ItemRevision (itemCode, revisionCode)
);
CREATE INDEX IX_Routing_revision ON mcms.Routing (itemCode, revisionCode, seq);
CREATE INDEX IX_Routing_status ON mcms.Routing (status, seq);
CREATE INDEX IX_Routing_changedAt ON mcms.Routing (changedAt, seq);

CREATE TABLE mcms.CamRevision (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_CamRevision PRIMARY KEY CLUSTERED (seq),
  camRevisionId uniqueidentifier NOT NULL,
  routingId uniqueidentifier NOT NULL,
  camRev int NOT NULL,
  status nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  machine nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
  createdAt datetime2(3) NOT NULL,
  createdBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  submittedAt datetime2(3) NULL,
  submittedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  approvedAt datetime2(3) NULL,
  approvedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  releasedAt datetime2(3) NULL,
  releasedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT UQ_CamRevision_camRevisionId UNIQUE (camRevisionId),
  CONSTRAINT UQ_CamRevision_number UNIQUE (routingId, camRev),
  CONSTRAINT FK_CamRevision_Routing FOREIGN KEY (routingId) REFERENCES mcms.Routing (routingId)
);

CREATE TABLE mcms.RoutingStep (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_RoutingStep PRIMARY KEY CLUSTERED (seq),
  routingStepId uniqueidentifier NOT NULL,
  routingId uniqueidentifier NOT NULL,
  camRev int NOT NULL,
  sequence int NOT NULL,
  machine nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
  processDescription nvarchar(1000) COLLATE Latin1_General_100_BIN2 NOT NULL,
  toolInformation nvarchar(500) COLLATE Latin1_General_100_BIN2 NULL,
  notes nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT UQ_RoutingStep_routingStepId UNIQUE (routingStepId),
  CONSTRAINT UQ_RoutingStep_sequence UNIQUE (routingId, camRev, sequence),
  CONSTRAINT FK_RoutingStep_CamRevision FOREIGN KEY (routingId, camRev) REFERENCES mcms.CamRevision (routingId, camRev)
);

-- Bytes known to the system: one row per digest, the blob of that digest is never overwritten.
CREATE TABLE mcms.StoredFile (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_StoredFile PRIMARY KEY CLUSTERED (seq),
  sha256 char(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  sizeBytes bigint NOT NULL,
  storedAt datetime2(3) NOT NULL,
  CONSTRAINT UQ_StoredFile_sha256 UNIQUE (sha256)
);

-- A verified file of one CAM revision.
CREATE TABLE mcms.RoutingFile (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_RoutingFile PRIMARY KEY CLUSTERED (seq),
  fileId uniqueidentifier NOT NULL,
  routingId uniqueidentifier NOT NULL,
  camRev int NOT NULL,
  fileName nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  role nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  contentType nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  sha256 char(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  sizeBytes bigint NOT NULL,
  uploadedAt datetime2(3) NOT NULL,
  uploadedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  commandId uniqueidentifier NULL,
  CONSTRAINT UQ_RoutingFile_fileId UNIQUE (fileId),
  CONSTRAINT UQ_RoutingFile_fileName UNIQUE (routingId, camRev, fileName),
  CONSTRAINT FK_RoutingFile_CamRevision FOREIGN KEY (routingId, camRev) REFERENCES mcms.CamRevision (routingId, camRev),
  CONSTRAINT FK_RoutingFile_StoredFile FOREIGN KEY (sha256) REFERENCES mcms.StoredFile (sha256)
);

CREATE TABLE mcms.UploadSession (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_UploadSession PRIMARY KEY CLUSTERED (seq),
  fileId uniqueidentifier NOT NULL,
  routingId uniqueidentifier NOT NULL,
  fileName nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  role nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  contentType nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  sizeBytes bigint NOT NULL,
  sha256 char(64) COLLATE Latin1_General_100_BIN2 NULL,
  status nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  rejectReason nvarchar(500) COLLATE Latin1_General_100_BIN2 NULL,
  createdAt datetime2(3) NOT NULL,
  createdBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  createdByKind nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  expiresAt datetime2(3) NOT NULL,
  completedAt datetime2(3) NULL,
  CONSTRAINT UQ_UploadSession_fileId UNIQUE (fileId),
  CONSTRAINT FK_UploadSession_Routing FOREIGN KEY (routingId) REFERENCES mcms.Routing (routingId)
);
CREATE INDEX IX_UploadSession_expiry ON mcms.UploadSession (status, expiresAt);

CREATE TABLE mcms.CamCommand (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_CamCommand PRIMARY KEY CLUSTERED (seq),
  commandId uniqueidentifier NOT NULL,
  routingId uniqueidentifier NOT NULL,
  itemCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  revisionCode nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  camRev int NOT NULL,
  application nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  commandType nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  parameters nvarchar(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
  priority int NOT NULL,
  notBefore datetime2(3) NULL,
  status nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  run int NOT NULL,
  attempt int NOT NULL,
  maxAttempts int NOT NULL,
  requestedAt datetime2(3) NOT NULL,
  requestedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  requestedByKind nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  startedAt datetime2(3) NULL,
  completedAt datetime2(3) NULL,
  workstation nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
  errorCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NULL,
  errorMessage nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  waitReason nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  cancelRequestedAt datetime2(3) NULL,
  cancelRequestedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  cancelReason nvarchar(1000) COLLATE Latin1_General_100_BIN2 NULL,
  traceparent varchar(55) COLLATE Latin1_General_100_BIN2 NULL,
  version int NOT NULL,
  CONSTRAINT UQ_CamCommand_commandId UNIQUE (commandId),
  CONSTRAINT FK_CamCommand_Routing FOREIGN KEY (routingId) REFERENCES mcms.Routing (routingId)
);
CREATE INDEX IX_CamCommand_routing ON mcms.CamCommand (routingId, seq);
CREATE INDEX IX_CamCommand_status ON mcms.CamCommand (status, seq);
CREATE INDEX IX_CamCommand_item ON mcms.CamCommand (itemCode, seq);

CREATE TABLE mcms.CamCommandAttempt (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_CamCommandAttempt PRIMARY KEY CLUSTERED (seq),
  attemptId uniqueidentifier NOT NULL,
  commandId uniqueidentifier NOT NULL,
  run int NOT NULL,
  attempt int NOT NULL,
  fence int NOT NULL,
  status nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  workstation nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
  queuedAt datetime2(3) NOT NULL,
  claimedAt datetime2(3) NULL,
  startedAt datetime2(3) NULL,
  endedAt datetime2(3) NULL,
  phase nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
  [percent] real NULL,
  logTail nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL,
  errorCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NULL,
  errorMessage nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT UQ_CamCommandAttempt_attemptId UNIQUE (attemptId),
  CONSTRAINT UQ_CamCommandAttempt_number UNIQUE (commandId, run, attempt),
  CONSTRAINT FK_CamCommandAttempt_CamCommand FOREIGN KEY (commandId) REFERENCES mcms.CamCommand (commandId)
);

-- The files a command made, kept for good: the routing's own list moves on when a later run replaces them.
CREATE TABLE mcms.CamCommandOutput (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_CamCommandOutput PRIMARY KEY CLUSTERED (seq),
  fileId uniqueidentifier NOT NULL,
  commandId uniqueidentifier NOT NULL,
  routingId uniqueidentifier NOT NULL,
  camRev int NOT NULL,
  fileName nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  role nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  contentType nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  sha256 char(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  sizeBytes bigint NOT NULL,
  madeAt datetime2(3) NOT NULL,
  CONSTRAINT UQ_CamCommandOutput_fileId UNIQUE (fileId),
  CONSTRAINT UQ_CamCommandOutput_fileName UNIQUE (commandId, fileName),
  CONSTRAINT FK_CamCommandOutput_CamCommand FOREIGN KEY (commandId) REFERENCES mcms.CamCommand (commandId),
  CONSTRAINT FK_CamCommandOutput_StoredFile FOREIGN KEY (sha256) REFERENCES mcms.StoredFile (sha256)
);

-- The hot queue: in-flight rows only, no foreign keys (the memory-optimized form cannot cross them).
CREATE TABLE mcms.CamWorkItem (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_CamWorkItem PRIMARY KEY CLUSTERED (seq),
  workItemId uniqueidentifier NOT NULL,
  attemptId uniqueidentifier NOT NULL,
  commandId uniqueidentifier NOT NULL,
  run int NOT NULL,
  attempt int NOT NULL,
  fence int NOT NULL,
  application nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  priority int NOT NULL,
  notBefore datetime2(3) NOT NULL,
  enqueuedAt datetime2(3) NOT NULL,
  state nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  workstation nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
  claimId uniqueidentifier NULL,
  leaseUntil datetime2(3) NULL,
  cancelRequested bit NOT NULL,
  CONSTRAINT UQ_CamWorkItem_workItemId UNIQUE (workItemId),
  CONSTRAINT UQ_CamWorkItem_attemptId UNIQUE (attemptId)
);
CREATE INDEX IX_CamWorkItem_claim ON mcms.CamWorkItem (state, application, priority DESC, seq);
CREATE INDEX IX_CamWorkItem_claimId ON mcms.CamWorkItem (claimId);
CREATE INDEX IX_CamWorkItem_lease ON mcms.CamWorkItem (state, leaseUntil);

CREATE TABLE mcms.Workstation (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_Workstation PRIMARY KEY CLUSTERED (seq),
  workstationId uniqueidentifier NOT NULL,
  name nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  subject nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  bootId uniqueidentifier NOT NULL,
  agentVersion nvarchar(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
  applications nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  seats int NOT NULL,
  announcedAt datetime2(3) NOT NULL,
  lastSeenAt datetime2(3) NOT NULL,
  CONSTRAINT UQ_Workstation_workstationId UNIQUE (workstationId),
  CONSTRAINT UQ_Workstation_name UNIQUE (name)
);

-- Append-only.
CREATE TABLE mcms.HistoryEntry (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_HistoryEntry PRIMARY KEY CLUSTERED (seq),
  historyId uniqueidentifier NOT NULL,
  itemCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  revisionCode nvarchar(16) COLLATE Latin1_General_100_BIN2 NULL,
  routingId uniqueidentifier NULL,
  camRev int NULL,
  changeType nvarchar(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
  field nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
  previousValue nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  currentValue nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  changedAt datetime2(3) NOT NULL,
  changedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  actorKind nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  comment nvarchar(1000) COLLATE Latin1_General_100_BIN2 NULL,
  traceId char(32) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT UQ_HistoryEntry_historyId UNIQUE (historyId)
);
CREATE INDEX IX_HistoryEntry_changedAt ON mcms.HistoryEntry (changedAt, seq);
CREATE INDEX IX_HistoryEntry_routing ON mcms.HistoryEntry (routingId, changedAt, seq);
CREATE INDEX IX_HistoryEntry_item ON mcms.HistoryEntry (itemCode, revisionCode, changedAt, seq);

-- Messages and events that a transaction promised; removed once the broker or the orchestration has them.
CREATE TABLE mcms.Outbox (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_Outbox PRIMARY KEY CLUSTERED (seq),
  outboxId uniqueidentifier NOT NULL,
  kind nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  destination nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  messageId nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  body nvarchar(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
  traceparent varchar(55) COLLATE Latin1_General_100_BIN2 NULL,
  createdAt datetime2(3) NOT NULL,
  notBefore datetime2(3) NOT NULL,
  attempts int NOT NULL,
  lastError nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT UQ_Outbox_outboxId UNIQUE (outboxId)
);
CREATE INDEX IX_Outbox_due ON mcms.Outbox (notBefore, seq);

CREATE TABLE mcms.IdempotencyKey (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_IdempotencyKey PRIMARY KEY CLUSTERED (seq),
  scope char(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  requestHash char(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  state nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  status int NULL,
  headers nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL,
  body nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL,
  createdAt datetime2(3) NOT NULL,
  expiresAt datetime2(3) NOT NULL,
  CONSTRAINT UQ_IdempotencyKey_scope UNIQUE (scope)
);
CREATE INDEX IX_IdempotencyKey_expiry ON mcms.IdempotencyKey (expiresAt);
GO
