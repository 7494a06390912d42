-- requires: in-memory-oltp
-- transaction: none
-- replaces: 0012_work_queue_memory_optimized.sql
--
-- The work queue with its lanes as a memory-optimized, durable table with natively compiled procedures: what 0012 was to the queue
-- without them. It finds the queue in one of three states, and each batch may run again after any of them was cut short:
-- - a plain table with the columns of 0019: its items move along with their numbers, as in 0012;
-- - the memory-optimized table that 0012 made: it gets the columns and indexes, and keeps its items;
-- - no table, because 0012 was cut short: its items wait in CamWorkItemMoving.
--
-- While this file runs (seconds), calls of the procedures fail: stop the app where commands are under way (docs/operations.md).
-- No item is lost. No batch may run in a transaction, and the database needs its filegroup, as 0012 says:
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/transact-sql-constructs-not-supported-by-in-memory-oltp
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/the-memory-optimized-filegroup

-- What is not in a natively compiled procedure reads and writes the table in READ COMMITTED transactions.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/transactions-with-memory-optimized-tables
IF EXISTS (SELECT 1 FROM sys.databases WHERE database_id = DB_ID() AND is_memory_optimized_elevate_to_snapshot_on = 0)
  ALTER DATABASE CURRENT SET MEMORY_OPTIMIZED_ELEVATE_TO_SNAPSHOT = ON;
GO

-- The plain table: sets its items aside and drops it with its procedures, all or nothing. The lock keeps writers out until there is
-- nothing to write to. Dynamic, because a batch with a lock hint on a memory-optimized table does not compile.
IF EXISTS (SELECT 1 FROM sys.tables WHERE object_id = OBJECT_ID(N'mcms.CamWorkItem') AND is_memory_optimized = 0)
  EXEC (N'
    SET XACT_ABORT ON;
    BEGIN TRANSACTION;
    SELECT * INTO mcms.CamWorkItemMoving FROM mcms.CamWorkItem WITH (TABLOCKX, HOLDLOCK);
    DROP PROCEDURE IF EXISTS mcms.EnqueueWorkItem, mcms.ClaimWorkItem, mcms.HeartbeatWorkItem, mcms.FinishWorkItem;
    DROP PROCEDURE IF EXISTS mcms.EnqueueWork, mcms.ClaimWork, mcms.FindClaim;
    DROP TABLE mcms.CamWorkItem;
    COMMIT TRANSACTION;');
GO

-- Items that 0012 set aside, before there were lanes.
IF OBJECT_ID(N'mcms.CamWorkItemMoving') IS NOT NULL AND COL_LENGTH(N'mcms.CamWorkItemMoving', N'laneId') IS NULL
  EXEC (N'ALTER TABLE mcms.CamWorkItemMoving ADD laneId int NOT NULL DEFAULT 0,
    requestedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL DEFAULT N'''', turn int NOT NULL DEFAULT 0;');
GO

-- The table of 0012: columns and indexes in one statement. Its procedures are bound to columns that stay as they are.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/altering-memory-optimized-tables
IF EXISTS (SELECT 1 FROM sys.tables WHERE object_id = OBJECT_ID(N'mcms.CamWorkItem') AND is_memory_optimized = 1)
  AND COL_LENGTH(N'mcms.CamWorkItem', N'laneId') IS NULL
  EXEC (N'ALTER TABLE mcms.CamWorkItem ADD laneId int NOT NULL CONSTRAINT DF_CamWorkItem_laneId DEFAULT 0,
    requestedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT DF_CamWorkItem_requestedBy DEFAULT N'''',
    turn int NOT NULL CONSTRAINT DF_CamWorkItem_turn DEFAULT 0,
    INDEX IX_CamWorkItem_lane NONCLUSTERED (state, laneId, priority DESC, turn, seq),
    INDEX IX_CamWorkItem_person NONCLUSTERED (state, application, requestedBy, priority, turn DESC),
    INDEX IX_CamWorkItem_turn NONCLUSTERED (state, application, priority, turn);');
GO

-- Keys and indexes as 0012 explains them. Orders stand in the indexes as they are asked for: such an index is not read backwards.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/indexes-for-memory-optimized-tables
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/hash-indexes-for-memory-optimized-tables
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
    laneId int NOT NULL CONSTRAINT DF_CamWorkItem_laneId DEFAULT 0,
    requestedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT DF_CamWorkItem_requestedBy DEFAULT N'',
    turn int NOT NULL CONSTRAINT DF_CamWorkItem_turn DEFAULT 0,
    CONSTRAINT UQ_CamWorkItem_workItemId UNIQUE NONCLUSTERED HASH (workItemId) WITH (BUCKET_COUNT = 16384),
    CONSTRAINT UQ_CamWorkItem_attemptId UNIQUE NONCLUSTERED HASH (attemptId) WITH (BUCKET_COUNT = 16384),
    INDEX IX_CamWorkItem_claim NONCLUSTERED (state, application, priority DESC, seq),
    INDEX IX_CamWorkItem_claimId NONCLUSTERED (claimId, seq),
    INDEX IX_CamWorkItem_lease NONCLUSTERED (state, leaseUntil, seq),
    INDEX IX_CamWorkItem_lane NONCLUSTERED (state, laneId, priority DESC, turn, seq),
    INDEX IX_CamWorkItem_person NONCLUSTERED (state, application, requestedBy, priority, turn DESC),
    INDEX IX_CamWorkItem_turn NONCLUSTERED (state, application, priority, turn)
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
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn)
  SELECT
    seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn
  FROM mcms.CamWorkItemMoving AS moving
  WHERE NOT EXISTS (SELECT 1 FROM mcms.CamWorkItem AS item WITH (SNAPSHOT) WHERE item.seq = moving.seq);
  SET IDENTITY_INSERT mcms.CamWorkItem OFF;
  DROP TABLE mcms.CamWorkItemMoving;
END
GO

-- Rules of natively compiled procedures stand in 0012. Plans are made now, while the table may be empty, hence the index hints.
-- https://learn.microsoft.com/sql/relational-databases/in-memory-oltp/supported-features-for-natively-compiled-t-sql-modules
-- Called in a transaction they are part of it. Of two claims of one item the second meets a write conflict (41302), which ends its
-- transaction: it is repeated whole and reads the heads of the lanes anew.
CREATE OR ALTER PROCEDURE mcms.EnqueueWork
  @workItemId uniqueidentifier,
  @attemptId uniqueidentifier,
  @commandId uniqueidentifier,
  @run int,
  @attempt int,
  @fence int,
  @application nvarchar(24),
  @priority int,
  @notBefore datetime2(3),
  @enqueuedAt datetime2(3),
  @laneId int,
  @requestedBy nvarchar(200)
WITH NATIVE_COMPILATION, SCHEMABINDING
AS
BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english')
  DECLARE @turn int;

  SELECT TOP (1) @turn = turn + 1 FROM mcms.CamWorkItem WITH (INDEX (IX_CamWorkItem_person))
  WHERE state = N'Waiting' AND application = @application AND requestedBy = @requestedBy AND priority = @priority
  ORDER BY turn DESC;

  IF @turn IS NULL
    SELECT TOP (1) @turn = turn FROM mcms.CamWorkItem WITH (INDEX (IX_CamWorkItem_turn))
    WHERE state = N'Waiting' AND application = @application AND priority = @priority
    ORDER BY turn;

  IF @turn IS NULL SET @turn = 0;

  INSERT INTO mcms.CamWorkItem (
    workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn)
  VALUES (
    @workItemId, @attemptId, @commandId, @run, @attempt, @fence, @application, @priority, @notBefore, @enqueuedAt,
    N'Waiting', NULL, NULL, NULL, 0, @laneId, @requestedBy, @turn);
END
GO

CREATE OR ALTER PROCEDURE mcms.ClaimWork
  @seq bigint,
  @claimId uniqueidentifier,
  @workstation nvarchar(100),
  @leaseUntil datetime2(3)
WITH NATIVE_COMPILATION, SCHEMABINDING
AS
BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english')
  DECLARE @claimed int = 0;

  UPDATE mcms.CamWorkItem
  SET state = N'Claimed', workstation = @workstation, claimId = @claimId, leaseUntil = @leaseUntil
  WHERE seq = @seq AND state = N'Waiting' AND cancelRequested = 0;
  SET @claimed = @@ROWCOUNT;

  SELECT seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn
  FROM mcms.CamWorkItem
  WHERE seq = @seq AND @claimed = 1;
END
GO

CREATE OR ALTER PROCEDURE mcms.FindClaim
  @claimId uniqueidentifier,
  @workstation nvarchar(100)
WITH NATIVE_COMPILATION, SCHEMABINDING
AS
BEGIN ATOMIC WITH (TRANSACTION ISOLATION LEVEL = SNAPSHOT, LANGUAGE = N'us_english')
  SELECT seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn
  FROM mcms.CamWorkItem WITH (INDEX (IX_CamWorkItem_claimId))
  WHERE claimId = @claimId AND workstation = @workstation AND state = N'Claimed';
END
GO

-- The procedures of version 0.1, for the way back to it.
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
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn)
  VALUES (
    @workItemId, @attemptId, @commandId, @run, @attempt, @fence, @application, @priority, @notBefore, @enqueuedAt,
    N'Waiting', NULL, NULL, NULL, 0, 0, N'', 0);
END
GO

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

-- Of both versions.
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
  GRANT EXECUTE ON mcms.EnqueueWork TO mcms_app;
  GRANT EXECUTE ON mcms.ClaimWork TO mcms_app;
  GRANT EXECUTE ON mcms.FindClaim TO mcms_app;
  GRANT EXECUTE ON mcms.EnqueueWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.ClaimWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.HeartbeatWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.FinishWorkItem TO mcms_app;
END
IF DATABASE_PRINCIPAL_ID(N'mcms_reader') IS NOT NULL
  GRANT SELECT ON mcms.CamWorkItem TO mcms_reader;
GO
