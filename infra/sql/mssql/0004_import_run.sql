-- One row per run of an import; updated in the transaction of each batch, so that a run that was cut off goes on where it stood.

CREATE TABLE mcms.ImportRun (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_ImportRun PRIMARY KEY CLUSTERED (seq),
  importRunId uniqueidentifier NOT NULL,
  kind nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  fileName nvarchar(260) COLLATE Latin1_General_100_BIN2 NOT NULL,
  fileDigest char(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  rowsRead bigint NOT NULL,
  rowsWritten bigint NOT NULL,
  rowsRejected bigint NOT NULL,
  byteOffset bigint NOT NULL,
  rejectedBytes bigint NOT NULL,
  state nvarchar(16) COLLATE Latin1_General_100_BIN2 NOT NULL,
  startedAt datetime2(3) NOT NULL,
  startedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL,
  updatedAt datetime2(3) NOT NULL,
  finishedAt datetime2(3) NULL,
  CONSTRAINT UQ_ImportRun_importRunId UNIQUE (importRunId)
);
CREATE INDEX IX_ImportRun_file ON mcms.ImportRun (kind, fileDigest, seq);
