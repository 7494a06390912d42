-- One row per run of an import; updated in the transaction of each batch, so that a run that was cut off goes on where it stood.

CREATE TABLE ImportRun (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  importRunId TEXT NOT NULL,
  kind TEXT NOT NULL,
  fileName TEXT NOT NULL,
  fileDigest TEXT NOT NULL,
  rowsRead INTEGER NOT NULL,
  rowsWritten INTEGER NOT NULL,
  rowsRejected INTEGER NOT NULL,
  byteOffset INTEGER NOT NULL,
  rejectedBytes INTEGER NOT NULL,
  state TEXT NOT NULL,
  startedAt TEXT NOT NULL,
  startedBy TEXT NOT NULL,
  updatedAt TEXT NOT NULL,
  finishedAt TEXT NULL,
  CONSTRAINT UQ_ImportRun_importRunId UNIQUE (importRunId)
);
CREATE INDEX IX_ImportRun_file ON ImportRun (kind, fileDigest, seq);
