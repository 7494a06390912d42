-- The hot path of the work queue as procedures, in plain T-SQL that SQL Server, Azure SQL and Babelfish share. Where the database has
-- In-Memory OLTP, 0012 puts natively compiled ones of the same names, parameters and rows in their place.
-- They belong to the transaction they are called in and begin none.

CREATE PROCEDURE mcms.EnqueueWorkItem
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
AS
BEGIN
  SET NOCOUNT ON;
  INSERT INTO mcms.CamWorkItem (
    workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested)
  VALUES (
    @workItemId, @attemptId, @commandId, @run, @attempt, @fence, @application, @priority, @notBefore, @enqueuedAt,
    N'Waiting', NULL, NULL, NULL, 0);
END
GO

-- No row: nothing waits. One row: the item this claimId holds already (repeated = 1), else the waiting one of highest priority, oldest
-- first, among the applications given (NULL = none).
--
-- Two agents never get one item. On SQL Server a row is locked as it is found, and rows locked by others are passed over
-- (https://learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-table). Each application is looked up by itself, so that the
-- order comes from IX_CamWorkItem_claim: a sort would lock every waiting row before it gave the first. Babelfish takes no notice of
-- the hints: there the update waits for the other claim, finds the row taken, and the loop looks again.
CREATE PROCEDURE mcms.ClaimWorkItem
  @claimId uniqueidentifier,
  @workstation nvarchar(100),
  @now datetime2(3),
  @leaseUntil datetime2(3),
  @application1 nvarchar(24),
  @application2 nvarchar(24)
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @seq bigint, @repeated bit, @claimed int, @tries int;
  DECLARE @seq1 bigint, @priority1 int, @seq2 bigint, @priority2 int;
  SET @repeated = 1;
  SET @claimed = 0;
  SET @tries = 0;

  SELECT @seq = seq FROM mcms.CamWorkItem
  WHERE claimId = @claimId AND workstation = @workstation AND state = N'Claimed';

  IF @seq IS NULL
  BEGIN
    SET @repeated = 0;
    WHILE @claimed = 0 AND @tries < 20
    BEGIN
      SET @tries = @tries + 1;
      SET @seq = NULL;
      SET @seq1 = NULL;
      SET @seq2 = NULL;

      SELECT TOP (1) @seq1 = seq, @priority1 = priority
      FROM mcms.CamWorkItem WITH (ROWLOCK, UPDLOCK, READPAST)
      WHERE state = N'Waiting' AND application = @application1 AND cancelRequested = 0 AND notBefore <= @now
      ORDER BY priority DESC, seq;

      IF @application2 IS NOT NULL
        SELECT TOP (1) @seq2 = seq, @priority2 = priority
        FROM mcms.CamWorkItem WITH (ROWLOCK, UPDLOCK, READPAST)
        WHERE state = N'Waiting' AND application = @application2 AND cancelRequested = 0 AND notBefore <= @now
        ORDER BY priority DESC, seq;

      SET @seq = @seq1;
      IF @seq1 IS NULL OR (@seq2 IS NOT NULL AND (@priority2 > @priority1 OR (@priority2 = @priority1 AND @seq2 < @seq1)))
        SET @seq = @seq2;

      IF @seq IS NULL BREAK;

      UPDATE mcms.CamWorkItem
      SET state = N'Claimed', workstation = @workstation, claimId = @claimId, leaseUntil = @leaseUntil
      WHERE seq = @seq AND state = N'Waiting';
      SET @claimed = @@ROWCOUNT;
    END
    IF @claimed = 0 SET @seq = NULL;
  END

  SELECT seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, @repeated AS repeated
  FROM mcms.CamWorkItem
  WHERE seq = @seq;
END
GO

-- No row: the attempt is no longer this workstation's. One row: its lease runs until @leaseUntil.
CREATE PROCEDURE mcms.HeartbeatWorkItem
  @attemptId uniqueidentifier,
  @fence int,
  @workstation nvarchar(100),
  @leaseUntil datetime2(3)
AS
BEGIN
  SET NOCOUNT ON;
  UPDATE mcms.CamWorkItem
  SET leaseUntil = @leaseUntil
  WHERE attemptId = @attemptId AND fence = @fence AND workstation = @workstation AND state = N'Claimed';

  SELECT cancelRequested FROM mcms.CamWorkItem
  WHERE attemptId = @attemptId AND fence = @fence AND workstation = @workstation AND state = N'Claimed';
END
GO

-- One row: whether a claimed item with this fence was there; it is gone then.
CREATE PROCEDURE mcms.FinishWorkItem
  @attemptId uniqueidentifier,
  @fence int
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @finished bit;
  SET @finished = 0;
  DELETE FROM mcms.CamWorkItem WHERE attemptId = @attemptId AND fence = @fence AND state = N'Claimed';
  IF @@ROWCOUNT > 0 SET @finished = 1;
  SELECT @finished AS finished;
END
GO

-- 0010 makes the role; a database migrated without it has none.
IF EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'mcms_app')
BEGIN
  GRANT EXECUTE ON mcms.EnqueueWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.ClaimWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.HeartbeatWorkItem TO mcms_app;
  GRANT EXECUTE ON mcms.FinishWorkItem TO mcms_app;
END
GO
