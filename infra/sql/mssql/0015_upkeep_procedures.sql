-- Upkeep that needs no capability of the database: moving old history to the archive, and where the watch over statements stands.

-- A row per reader of a growing record: what is up to readUntil has been dealt with; pendingUntil has been read and not yet reported.
CREATE TABLE mcms.UpkeepState (
  seq bigint IDENTITY(1, 1) NOT NULL,
  CONSTRAINT PK_UpkeepState PRIMARY KEY CLUSTERED (seq),
  name nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
  readUntil datetime2(3) NULL,
  pendingUntil datetime2(3) NULL,
  CONSTRAINT UQ_UpkeepState_name UNIQUE (name)
);
GO

-- Moves up to @count entries that changed before @before from HistoryEntry to HistoryArchive, oldest first, all or none, and tells how
-- many. The app may not delete history; this procedure's owner may (ownership chain), and deletes only what it has copied.
-- Stopped anywhere, it leaves every entry in one of the two tables. 4,000 rows stay below the 5,000 locks at which one statement would
-- lock a table (https://learn.microsoft.com/sql/relational-databases/sql-server-transaction-locking-and-row-versioning-guide#lock-escalation).
CREATE PROCEDURE mcms.ArchiveHistory
  @before datetime2(3),
  @archivedAt datetime2(3),
  @count int
AS
BEGIN
  SET NOCOUNT ON;
  SET XACT_ABORT ON;
  DECLARE @moving TABLE (seq bigint NOT NULL PRIMARY KEY);
  DECLARE @moved int;

  BEGIN TRANSACTION;
  INSERT INTO @moving (seq)
  SELECT TOP (@count) seq FROM mcms.HistoryEntry WHERE changedAt < @before ORDER BY changedAt, seq;

  INSERT INTO mcms.HistoryArchive (
    seq, historyId, itemCode, revisionCode, routingId, camRev, changeType, field, previousValue, currentValue, changedAt, changedBy,
    actorKind, comment, traceId, archivedAt)
  SELECT
    seq, historyId, itemCode, revisionCode, routingId, camRev, changeType, field, previousValue, currentValue, changedAt, changedBy,
    actorKind, comment, traceId, @archivedAt
  FROM mcms.HistoryEntry
  WHERE seq IN (SELECT seq FROM @moving);

  DELETE FROM mcms.HistoryEntry WHERE seq IN (SELECT seq FROM @moving);
  SET @moved = @@ROWCOUNT;
  COMMIT TRANSACTION;
  SELECT @moved AS moved;
END
GO

-- Takes note that what the last round read has been reported.
CREATE PROCEDURE mcms.AcceptStatementEvents
AS
BEGIN
  SET NOCOUNT ON;
  UPDATE mcms.UpkeepState SET readUntil = pendingUntil WHERE name = N'statement-events' AND pendingUntil IS NOT NULL;
END
GO

IF EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'mcms_app')
BEGIN
  GRANT EXECUTE ON mcms.ArchiveHistory TO mcms_app;
  GRANT EXECUTE ON mcms.AcceptStatementEvents TO mcms_app;
END
GO
