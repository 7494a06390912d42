-- History that retention has moved out of HistoryEntry: the same columns, with the number that the entry had there.
CREATE TABLE HistoryArchive (
  seq INTEGER PRIMARY KEY,
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
  archivedAt TEXT NOT NULL,
  CONSTRAINT UQ_HistoryArchive_historyId UNIQUE (historyId)
);
