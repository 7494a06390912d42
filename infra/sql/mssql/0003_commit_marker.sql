-- One row per write transaction, in that transaction. When the connection is lost during a commit, its marker tells whether the
-- transaction stands. Rows are removed after a day.
CREATE TABLE mcms.CommitMarker (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_CommitMarker PRIMARY KEY CLUSTERED (seq),
  markerId uniqueidentifier NOT NULL,
  committedAt datetime2(3) NOT NULL,
  CONSTRAINT UQ_CommitMarker_markerId UNIQUE (markerId)
);
GO
