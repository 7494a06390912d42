-- Commands that can be steered: lanes of the work queue, pauses, actions of operators, incidents and notifications.

-- What a work item wants of a workstation, once for all items that want the same: the queue is a row of lanes. Empty text:
-- anything goes. usedAt: about when an item was last put in.
CREATE TABLE mcms.CamWorkLane (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_CamWorkLane PRIMARY KEY CLUSTERED (seq),
  laneId int NOT NULL,
  application nvarchar(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
  commandType nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  postProcessor nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
  machine nvarchar(100) COLLATE Latin1_General_100_BIN2 NOT NULL,
  createdAt datetime2(3) NOT NULL,
  usedAt datetime2(3) NOT NULL,
  CONSTRAINT UQ_CamWorkLane_laneId UNIQUE (laneId),
  CONSTRAINT UQ_CamWorkLane_wanted UNIQUE (application, commandType, postProcessor, machine)
);

-- A pause of an application, of one of its command types, or of a workstation. It is in force until endedAt or resumeAt.
CREATE TABLE mcms.CamPause (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_CamPause PRIMARY KEY CLUSTERED (seq),
  pauseId uniqueidentifier NOT NULL,
  application nvarchar(24) COLLATE Latin1_General_100_BIN2 NULL,
  commandType nvarchar(64) COLLATE Latin1_General_100_BIN2 NULL,
  workstation nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
  reason nvarchar(500) COLLATE Latin1_General_100_BIN2 NOT NULL,
  createdAt datetime2(3) NOT NULL,
  createdBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  resumeAt datetime2(3) NULL,
  endedAt datetime2(3) NULL,
  endedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT UQ_CamPause_pauseId UNIQUE (pauseId)
);
CREATE INDEX IX_CamPause_end ON mcms.CamPause (endedAt, resumeAt);

-- What people (and MCMS by itself) did to commands, pauses, messages and incidents: append-only.
CREATE TABLE mcms.OperatorAction (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_OperatorAction PRIMARY KEY CLUSTERED (seq),
  actionId uniqueidentifier NOT NULL,
  action nvarchar(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
  subject nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  commandId uniqueidentifier NULL,
  run int NULL,
  reason nvarchar(1000) COLLATE Latin1_General_100_BIN2 NULL,
  previousValue nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  currentValue nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  actedAt datetime2(3) NOT NULL,
  actedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  actorKind nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  traceId char(32) COLLATE Latin1_General_100_BIN2 NULL,
  CONSTRAINT UQ_OperatorAction_actionId UNIQUE (actionId)
);
CREATE INDEX IX_OperatorAction_command ON mcms.OperatorAction (commandId, seq);

-- A retry or cancellation of many commands at once: the commands are chosen when it is prepared, and it can be gone on with.
CREATE TABLE mcms.BulkAction (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_BulkAction PRIMARY KEY CLUSTERED (seq),
  bulkActionId uniqueidentifier NOT NULL,
  action nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  filter nvarchar(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
  reason nvarchar(1000) COLLATE Latin1_General_100_BIN2 NOT NULL,
  state nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  matched int NOT NULL,
  createdAt datetime2(3) NOT NULL,
  createdBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  createdByKind nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  startedAt datetime2(3) NULL,
  finishedAt datetime2(3) NULL,
  CONSTRAINT UQ_BulkAction_bulkActionId UNIQUE (bulkActionId)
);
CREATE INDEX IX_BulkAction_state ON mcms.BulkAction (state, seq);

-- One command of a bulk action and what came of it.
CREATE TABLE mcms.BulkActionItem (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_BulkActionItem PRIMARY KEY CLUSTERED (seq),
  bulkActionId uniqueidentifier NOT NULL,
  commandId uniqueidentifier NOT NULL,
  result nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  detail nvarchar(500) COLLATE Latin1_General_100_BIN2 NULL,
  doneAt datetime2(3) NULL,
  CONSTRAINT UQ_BulkActionItem_command UNIQUE (bulkActionId, commandId)
);
CREATE INDEX IX_BulkActionItem_result ON mcms.BulkActionItem (bulkActionId, result, seq);

-- One per cause, open until solved. openKey is the cause while it is open and the incident's own id afterwards: its being unique
-- keeps a cause from having two open incidents.
CREATE TABLE mcms.Incident (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_Incident PRIMARY KEY CLUSTERED (seq),
  incidentId uniqueidentifier NOT NULL,
  openKey nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  cause nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  kind nvarchar(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
  state nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  severity nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  application nvarchar(24) COLLATE Latin1_General_100_BIN2 NULL,
  commandType nvarchar(64) COLLATE Latin1_General_100_BIN2 NULL,
  workstation nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
  queue nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL,
  errorCode nvarchar(64) COLLATE Latin1_General_100_BIN2 NULL,
  errorMessage nvarchar(2000) COLLATE Latin1_General_100_BIN2 NULL,
  occurrences int NOT NULL,
  openedAt datetime2(3) NOT NULL,
  lastAt datetime2(3) NOT NULL,
  toldAt datetime2(3) NULL,
  toldOccurrences int NOT NULL,
  escalatedAt datetime2(3) NULL,
  owner nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  acknowledgedAt datetime2(3) NULL,
  acknowledgedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  solvedAt datetime2(3) NULL,
  solvedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NULL,
  solution nvarchar(1000) COLLATE Latin1_General_100_BIN2 NULL,
  highestNumber bigint NULL,
  version int NOT NULL,
  CONSTRAINT UQ_Incident_incidentId UNIQUE (incidentId),
  CONSTRAINT UQ_Incident_openKey UNIQUE (openKey)
);
CREATE INDEX IX_Incident_state ON mcms.Incident (state, seq);

-- A failed run of a command and the incident that tells of it: each failed run belongs to exactly one.
CREATE TABLE mcms.IncidentCommand (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_IncidentCommand PRIMARY KEY CLUSTERED (seq),
  incidentId uniqueidentifier NOT NULL,
  commandId uniqueidentifier NOT NULL,
  run int NOT NULL,
  failedAt datetime2(3) NOT NULL,
  CONSTRAINT UQ_IncidentCommand_run UNIQUE (commandId, run)
);
CREATE INDEX IX_IncidentCommand_incident ON mcms.IncidentCommand (incidentId, seq);

-- Something to be told to somebody by one channel. Written with what it tells of; sent, and tried again, by a timer.
CREATE TABLE mcms.Notification (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_Notification PRIMARY KEY CLUSTERED (seq),
  notificationId uniqueidentifier NOT NULL,
  dedupeKey nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  kind nvarchar(40) COLLATE Latin1_General_100_BIN2 NOT NULL,
  channel nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  recipient nvarchar(400) COLLATE Latin1_General_100_BIN2 NOT NULL,
  incidentId uniqueidentifier NULL,
  commandId uniqueidentifier NULL,
  run int NULL,
  content nvarchar(max) COLLATE Latin1_General_100_BIN2 NOT NULL,
  state nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  attempts int NOT NULL,
  nextAt datetime2(3) NOT NULL,
  lastError nvarchar(500) COLLATE Latin1_General_100_BIN2 NULL,
  createdAt datetime2(3) NOT NULL,
  sentAt datetime2(3) NULL,
  CONSTRAINT UQ_Notification_notificationId UNIQUE (notificationId),
  CONSTRAINT UQ_Notification_dedupeKey UNIQUE (dedupeKey)
);
CREATE INDEX IX_Notification_due ON mcms.Notification (state, nextAt, seq);
CREATE INDEX IX_Notification_incident ON mcms.Notification (incidentId, seq);

ALTER TABLE mcms.CamCommand ADD
  clonedFromId uniqueidentifier NULL;
ALTER TABLE mcms.CamCommand ADD
  nextAttemptAt datetime2(3) NULL;
ALTER TABLE mcms.CamCommand ADD
  errorSignature char(16) COLLATE Latin1_General_100_BIN2 NULL;
ALTER TABLE mcms.CamCommand ADD
  reprocessAt datetime2(3) NULL;
ALTER TABLE mcms.CamCommand ADD
  automaticRuns int NOT NULL CONSTRAINT DF_CamCommand_automaticRuns DEFAULT 0;
GO
CREATE INDEX IX_CamCommand_requestedBy ON mcms.CamCommand (requestedBy, seq);
CREATE INDEX IX_CamCommand_errorSignature ON mcms.CamCommand (errorSignature, seq);
CREATE INDEX IX_CamCommand_reprocess ON mcms.CamCommand (reprocessAt, seq);
GO

ALTER TABLE mcms.CamCommandAttempt ADD
  errorSignature char(16) COLLATE Latin1_General_100_BIN2 NULL;
GO
CREATE INDEX IX_CamCommandAttempt_failure ON mcms.CamCommandAttempt (errorSignature, endedAt);
GO

ALTER TABLE mcms.Workstation ADD
  abilities nvarchar(max) COLLATE Latin1_General_100_BIN2 NULL;
ALTER TABLE mcms.Workstation ADD
  platform nvarchar(100) COLLATE Latin1_General_100_BIN2 NULL;
ALTER TABLE mcms.Workstation ADD
  runner nvarchar(16) COLLATE Latin1_General_100_BIN2 NULL;
ALTER TABLE mcms.Workstation ADD
  certificateExpiresAt datetime2(3) NULL;
GO

-- 0010 makes the roles; a database migrated without it has none. Actions of operators are append-only for the app.
IF EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'mcms_app')
BEGIN
  GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CamWorkLane TO mcms_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CamPause TO mcms_app;
  GRANT SELECT, INSERT ON mcms.OperatorAction TO mcms_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.BulkAction TO mcms_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.BulkActionItem TO mcms_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.Incident TO mcms_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.IncidentCommand TO mcms_app;
  GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.Notification TO mcms_app;
END
GO
IF EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'mcms_reader')
BEGIN
  GRANT SELECT ON mcms.CamWorkLane TO mcms_reader;
  GRANT SELECT ON mcms.CamPause TO mcms_reader;
  GRANT SELECT ON mcms.OperatorAction TO mcms_reader;
  GRANT SELECT ON mcms.BulkAction TO mcms_reader;
  GRANT SELECT ON mcms.BulkActionItem TO mcms_reader;
  GRANT SELECT ON mcms.Incident TO mcms_reader;
  GRANT SELECT ON mcms.IncidentCommand TO mcms_reader;
END
GO
