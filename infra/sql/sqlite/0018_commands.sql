-- Commands that can be steered: lanes of the work queue, pauses, actions of operators, incidents and notifications.

-- What a work item wants of a workstation, once for all items that want the same: the queue is a row of lanes. Empty text:
-- anything goes. usedAt: about when an item was last put in.
CREATE TABLE CamWorkLane (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  laneId INTEGER NOT NULL,
  application TEXT NOT NULL,
  commandType TEXT NOT NULL,
  postProcessor TEXT NOT NULL,
  machine TEXT NOT NULL,
  createdAt TEXT NOT NULL,
  usedAt TEXT NOT NULL,
  CONSTRAINT UQ_CamWorkLane_laneId UNIQUE (laneId),
  CONSTRAINT UQ_CamWorkLane_wanted UNIQUE (application, commandType, postProcessor, machine)
);

-- A pause of an application, of one of its command types, or of a workstation. It is in force until endedAt or resumeAt.
CREATE TABLE CamPause (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  pauseId TEXT NOT NULL,
  application TEXT NULL,
  commandType TEXT NULL,
  workstation TEXT NULL,
  reason TEXT NOT NULL,
  createdAt TEXT NOT NULL,
  createdBy TEXT NOT NULL,
  resumeAt TEXT NULL,
  endedAt TEXT NULL,
  endedBy TEXT NULL,
  CONSTRAINT UQ_CamPause_pauseId UNIQUE (pauseId)
);
CREATE INDEX IX_CamPause_end ON CamPause (endedAt, resumeAt);

-- What people (and MCMS by itself) did to commands, pauses, messages and incidents: append-only.
CREATE TABLE OperatorAction (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  actionId TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  commandId TEXT NULL,
  run INTEGER NULL,
  reason TEXT NULL,
  previousValue TEXT NULL,
  currentValue TEXT NULL,
  actedAt TEXT NOT NULL,
  actedBy TEXT NOT NULL,
  actorKind TEXT NOT NULL,
  traceId TEXT NULL,
  CONSTRAINT UQ_OperatorAction_actionId UNIQUE (actionId)
);
CREATE INDEX IX_OperatorAction_command ON OperatorAction (commandId, seq);

-- A retry or cancellation of many commands at once: the commands are chosen when it is prepared, and it can be gone on with.
CREATE TABLE BulkAction (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  bulkActionId TEXT NOT NULL,
  action TEXT NOT NULL,
  filter TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  matched INTEGER NOT NULL,
  createdAt TEXT NOT NULL,
  createdBy TEXT NOT NULL,
  createdByKind TEXT NOT NULL,
  startedAt TEXT NULL,
  finishedAt TEXT NULL,
  CONSTRAINT UQ_BulkAction_bulkActionId UNIQUE (bulkActionId)
);
CREATE INDEX IX_BulkAction_state ON BulkAction (state, seq);

-- One command of a bulk action and what came of it.
CREATE TABLE BulkActionItem (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  bulkActionId TEXT NOT NULL,
  commandId TEXT NOT NULL,
  result TEXT NOT NULL,
  detail TEXT NULL,
  doneAt TEXT NULL,
  CONSTRAINT UQ_BulkActionItem_command UNIQUE (bulkActionId, commandId)
);
CREATE INDEX IX_BulkActionItem_result ON BulkActionItem (bulkActionId, result, seq);

-- One per cause, open until solved. openKey is the cause while it is open and the incident's own id afterwards: its being unique
-- keeps a cause from having two open incidents.
CREATE TABLE Incident (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  incidentId TEXT NOT NULL,
  openKey TEXT NOT NULL,
  cause TEXT NOT NULL,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  severity TEXT NOT NULL,
  application TEXT NULL,
  commandType TEXT NULL,
  workstation TEXT NULL,
  queue TEXT NULL,
  errorCode TEXT NULL,
  errorMessage TEXT NULL,
  occurrences INTEGER NOT NULL,
  openedAt TEXT NOT NULL,
  lastAt TEXT NOT NULL,
  toldAt TEXT NULL,
  toldOccurrences INTEGER NOT NULL,
  escalatedAt TEXT NULL,
  owner TEXT NULL,
  acknowledgedAt TEXT NULL,
  acknowledgedBy TEXT NULL,
  solvedAt TEXT NULL,
  solvedBy TEXT NULL,
  solution TEXT NULL,
  highestNumber INTEGER NULL,
  version INTEGER NOT NULL,
  CONSTRAINT UQ_Incident_incidentId UNIQUE (incidentId),
  CONSTRAINT UQ_Incident_openKey UNIQUE (openKey)
);
CREATE INDEX IX_Incident_state ON Incident (state, seq);

-- A failed run of a command and the incident that tells of it: each failed run belongs to exactly one.
CREATE TABLE IncidentCommand (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  incidentId TEXT NOT NULL,
  commandId TEXT NOT NULL,
  run INTEGER NOT NULL,
  failedAt TEXT NOT NULL,
  CONSTRAINT UQ_IncidentCommand_run UNIQUE (commandId, run)
);
CREATE INDEX IX_IncidentCommand_incident ON IncidentCommand (incidentId, seq);

-- Something to be told to somebody by one channel. Written with what it tells of; sent, and tried again, by a timer.
CREATE TABLE Notification (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  notificationId TEXT NOT NULL,
  dedupeKey TEXT NOT NULL,
  kind TEXT NOT NULL,
  channel TEXT NOT NULL,
  recipient TEXT NOT NULL,
  incidentId TEXT NULL,
  commandId TEXT NULL,
  run INTEGER NULL,
  content TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  nextAt TEXT NOT NULL,
  lastError TEXT NULL,
  createdAt TEXT NOT NULL,
  sentAt TEXT NULL,
  CONSTRAINT UQ_Notification_notificationId UNIQUE (notificationId),
  CONSTRAINT UQ_Notification_dedupeKey UNIQUE (dedupeKey)
);
CREATE INDEX IX_Notification_due ON Notification (state, nextAt, seq);
CREATE INDEX IX_Notification_incident ON Notification (incidentId, seq);

ALTER TABLE CamCommand ADD COLUMN clonedFromId TEXT NULL;
ALTER TABLE CamCommand ADD COLUMN nextAttemptAt TEXT NULL;
ALTER TABLE CamCommand ADD COLUMN errorSignature TEXT NULL;
ALTER TABLE CamCommand ADD COLUMN reprocessAt TEXT NULL;
ALTER TABLE CamCommand ADD COLUMN automaticRuns INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IX_CamCommand_requestedBy ON CamCommand (requestedBy, seq);
CREATE INDEX IX_CamCommand_errorSignature ON CamCommand (errorSignature, seq);
CREATE INDEX IX_CamCommand_reprocess ON CamCommand (reprocessAt, seq);

ALTER TABLE CamCommandAttempt ADD COLUMN errorSignature TEXT NULL;
CREATE INDEX IX_CamCommandAttempt_failure ON CamCommandAttempt (errorSignature, endedAt);

ALTER TABLE Workstation ADD COLUMN abilities TEXT NULL;
ALTER TABLE Workstation ADD COLUMN platform TEXT NULL;
ALTER TABLE Workstation ADD COLUMN runner TEXT NULL;
ALTER TABLE Workstation ADD COLUMN certificateExpiresAt TEXT NULL;
