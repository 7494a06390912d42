-- requires: in-memory-oltp
-- transaction: none
--
-- The work queue as a memory-optimized, durable table with natively compiled procedures, in place of the plain ones of 0011: the same
-- names, parameters and rows. Items in flight move along with their numbers.
--
-- While this file runs (seconds), calls of the four procedures fail: stop the app where commands are under way (docs/operations.md).
-- No item is lost. Each batch may run again, after any of them was cut short. None may run in a transaction: memory-optimized tables and
-- natively compiled procedures cannot be created or dropped in one
-- (https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/transact-sql-constructs-not-supported-by-in-memory-oltp).
-- On SQL Server the database needs a filegroup of memory-optimized data first; Azure SQL has one where it has the feature
-- (https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/the-memory-optimized-filegroup).

-- What is not in a natively compiled procedure (watchdog, sweeper, cancel) reads and writes the table in READ COMMITTED transactions;
-- without this option that is error 41368, also in a join with a plain table under READ_COMMITTED_SNAPSHOT.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/transactions-with-memory-optimized-tables
IF EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND is_memory_optimized_elevate_to_snapshot_on = 0)
  ALTER DATABASE CURRENT SET MEMORY_OPTIMIZED_ELEVATE_TO_SNAPSHOT = ON;
GO

-- Sets the items of the plain table aside and drops it with its procedures, all or nothing: these are plain objects. The lock keeps
-- writers out until there is nothing to write to. Indexes and constraints go with the table, so their names are free.
-- Dynamic, because a batch with a lock hint on a table that is memory-optimized already does not compile.
IF EXISTS (SELECT 1 FROM sys.tables WHERE object_id = OBJECT_ID(N'mcms.CamWorkItem') AND is_memory_optimized = 0)
  EXEC (N'
    SET XACT_ABORT ON;
    BEGIN TRANSACTION;
    SELECT * INTO mcms.CamWorkItemMoving FROM mcms.CamWorkItem WITH (TABLOCKX, HOLDLOCK);
    DROP PROCEDURE IF EXISTS mcms.EnqueueWorkItem, mcms.ClaimWorkItem, mcms.HeartbeatWorkItem, mcms.FinishWorkItem;
    DROP TABLE mcms.CamWorkItem;
    COMMIT TRANSACTION;');
GO

-- Keys and indexes as in 0001, with these differences:
-- - The primary key is nonclustered: memory-optimized tables have no clustered index.
-- - Ids are found by hash: always by the whole key, and one row each. 16,384 buckets (128 KiB) are one to two times the most items
--   that wait and run in a shop at once (8,000 to 16,000), and still good for five times as many.
--   https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/hash-indexes-for-memory-optimized-tables
-- - The claim's order stands in the index as it is asked for: such an index is not read backwards.
-- - claimId and lease end with seq: most rows have NULL there, and long chains of equal keys slow every write.
--   https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/indexes-for-memory-optimized-tables
IF OBJECT_ID(N'mcms.CamWorkItem') IS NULL
  CREATE TABLE mcms.CamWorkItem (
    seq bigint IDENTITY(1, 1) NOT NULL,
    CONSTRAINT PK_CamWorkItem PRIMARY KEY NONCLUSTERED (seq),
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
    CONSTRAINT UQ_CamWorkItem_workItemId UNIQUE NONCLUSTERED HASH (workItemId) WITH (BUCKET_COUNT = 16384),
    CONSTRAINT UQ_CamWorkItem_attemptId UNIQUE NONCLUSTERED HASH (attemptId) WITH (BUCKET_COUNT = 16384),
    INDEX IX_CamWorkItem_claim NONCLUSTERED (state, application, priority DESC, seq),
    INDEX IX_CamWorkItem_claimId NONCLUSTERED (claimId, seq),
    INDEX IX_CamWorkItem_lease NONCLUSTERED (state, leaseUntil, seq)
  )
  WITH (MEMORY_OPTIMIZED = ON, DURABILITY = SCHEMA_AND_DATA);
GO

-- The items set aside go into the new table with their numbers; new ones get numbers above them.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/implementing-identity-in-a-memory-optimized-table
IF OBJECT_ID(N'mcms.CamWorkItemMoving') IS NOT NULL
BEGIN
  SET IDENTITY_INSERT mcms.CamWorkItem ON;
  INSERT INTO mcms.CamWorkItem (
    seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested)
  SELECT
    seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested
  FROM mcms.CamWorkItemMoving AS moving
  WHERE NOT EXISTS (SELECT 1 FROM mcms.CamWorkItem AS item WITH (SNAPSHOT) WHERE item.seq = moving.seq);
  SET IDENTITY_INSERT mcms.CamWorkItem OFF;
  DROP TABLE mcms.CamWorkItemMoving;
END
GO

-- Rules of natively compiled procedures: one atomic block with isolation level and language, schema-bound two-part names, no `*`, no
-- CTE, no OUTPUT clause, no sub-query where a variable does, values for every column of an INSERT but the identity.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/supported-features-for-natively-compiled-t-sql-modules
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/creating-natively-compiled-stored-procedures
-- Called in a transaction they are part of it. A write conflict (41302) ends that transaction, and it is repeated whole.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/atomic-blocks-in-native-procedures
CREATE OR ALTER PROCEDURE mcms.EnqueueWorkItem
  @workItemId uniqueidentifier,
  @attemptId uniqueidentifier,
  @commandId uniqueidentifier,
  @run int,
  @attempt int,
  @fence int,
  @application nvarchar(24),
  @priority int,
  @notBefore datetime2(3),
  @enqueuedAt datetime2(3)
WITH NATIVE_COMPILATION, SCHEMABINDING
AS
BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english')
  INSERT INTO mcms.CamWorkItem (
    workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested)
  VALUES (
    @workItemId, @attemptId, @commandId, @run, @attempt, @fence, @application, @priority, @notBefore, @enqueuedAt,
    N'Waiting', NULL, NULL, NULL, 0);
END
GO

-- The plan is made now, while the table may be empty, and is not made anew as it fills: hence the index hints.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/statistics-for-memory-optimized-tables
CREATE OR ALTER PROCEDURE mcms.ClaimWorkItem
  @claimId uniqueidentifier,
  @workstation nvarchar(100),
  @now datetime2(3),
  @leaseUntil datetime2(3),
  @application1 nvarchar(24),
  @application2 nvarchar(24)
WITH NATIVE_COMPILATION, SCHEMABINDING
AS
BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english')
  DECLARE @seq bigint;
  DECLARE @repeated bit = 1;
  DECLARE @seq1 bigint;
  DECLARE @priority1 int;
  DECLARE @seq2 bigint;
  DECLARE @priority2 int;

  SELECT @seq = seq FROM mcms.CamWorkItem WITH (INDEX (IX_CamWorkItem_claimId))
  WHERE claimId = @claimId AND workstation = @workstation AND state = N'Claimed';

  IF @seq IS NULL
  BEGIN
    SET @repeated = 0;

    SELECT TOP (1) @seq1 = seq, @priority1 = priority
    FROM mcms.CamWorkItem WITH (INDEX (IX_CamWorkItem_claim))
    WHERE state = N'Waiting' AND application = @application1 AND cancelRequested = 0 AND notBefore <= @now
    ORDER BY priority DESC, seq;

    IF @application2 IS NOT NULL
      SELECT TOP (1) @seq2 = seq, @priority2 = priority
      FROM mcms.CamWorkItem WITH (INDEX (IX_CamWorkItem_claim))
      WHERE state = N'Waiting' AND application = @application2 AND cancelRequested = 0 AND notBefore <= @now
      ORDER BY priority DESC, seq;

    SET @seq = @seq1;
    IF @seq1 IS NULL OR (@seq2 IS NOT NULL AND (@priority2 > @priority1 OR (@priority2 = @priority1 AND @seq2 < @seq1)))
      SET @seq = @seq2;

    UPDATE mcms.CamWorkItem
    SET state = N'Claimed', workstation = @workstation, claimId = @claimId, leaseUntil = @leaseUntil
    WHERE seq = @seq AND state = N'Waiting';
  END

  SELECT seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, @repeated AS repeated
  FROM mcms.CamWorkItem
  WHERE seq = @seq;
END
GO

CREATE OR ALTER PROCEDURE mcms.HeartbeatWorkItem
  @attemptId uniqueidentifier,
  @fence int,
  @workstation nvarchar(100),
  @leaseUntil datetime2(3)
WITH NATIVE_COMPILATION, SCHEMABINDING
AS
BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english')
  UPDATE mcms.CamWorkItem
  SET leaseUntil = @leaseUntil
  WHERE attemptId = @attemptId AND fence = @fence AND workstation = @workstation AND state = N'Claimed';

  SELECT cancelRequested FROM mcms.CamWorkItem
  WHERE attemptId = @attemptId AND fence = @fence AND workstation = @workstation AND state = N'Claimed';
END
GO

CREATE OR ALTER PROCEDURE mcms.FinishWorkItem
  @attemptId uniqueidentifier,
  @fence int
WITH NATIVE_COMPILATION, SCHEMABINDING
AS
BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english')
  DECLARE @finished bit = 0;
  DELETE FROM mcms.CamWorkItem WHERE attemptId = @attemptId AND fence = @fence AND state = N'Claimed';
  IF @@ROWCOUNT > 0 SET @finished = 1;
  SELECT @finished AS finished;
END
GO

-- What the roles of 0010 had on the table and procedures that were dropped.
IF DATABASE_PRINCIPAL_ID(N'mcms_app') IS NOT NULL
BEGIN
  GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CamWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.EnqueueWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.ClaimWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.HeartbeatWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.FinishWorkItem TO mcms_app;
END
IF DATABASE_PRINCIPAL_ID(N'mcms_reader') IS NOT NULL
  GRANT SELECT ON mcms.CamWorkItem TO mcms_reader;
GO
