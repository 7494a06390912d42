-- History that retention has moved out of HistoryEntry: the same columns, with the number that the entry had there.
CREATE TABLE mcms.HistoryArchive (
  seq bigint NOT NULL,
  CONSTRAINT PK_HistoryArchive PRIMARY KEY CLUSTERED (seq),
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
  archivedAt datetime2(3) NOT NULL,
  CONSTRAINT UQ_HistoryArchive_historyId UNIQUE (historyId)
);
