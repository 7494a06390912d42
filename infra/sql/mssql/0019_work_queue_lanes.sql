-- The work queue in lanes: what an item wants (CamWorkLane), who asked for it, and whose turn it is among people of one application
-- and priority.
-- Items that version 0.1 puts in have laneId 0, nobody's name and turn 0: they go by their application alone.
--
-- For the plain table. Where 0012 has made it memory-optimized, there is nothing to do here: such a table cannot be altered in a
-- transaction, and 0020 does it right after. Indexes and procedures are dynamic, because neither compiles on a memory-optimized
-- table without the new columns.

IF EXISTS (SELECT 1 FROM sys.tables WHERE object_id = OBJECT_ID(N'mcms.CamWorkItem') AND is_memory_optimized = 0)
BEGIN
  ALTER TABLE mcms.CamWorkItem ADD
    laneId int NOT NULL CONSTRAINT DF_CamWorkItem_laneId DEFAULT 0;
  ALTER TABLE mcms.CamWorkItem ADD
    requestedBy nvarchar(200) COLLATE Latin1_General_100_BIN2 NOT NULL CONSTRAINT DF_CamWorkItem_requestedBy DEFAULT N'';
  ALTER TABLE mcms.CamWorkItem ADD
    turn int NOT NULL CONSTRAINT DF_CamWorkItem_turn DEFAULT 0;
END
GO

IF COL_LENGTH(N'mcms.CamWorkItem', N'laneId') IS NOT NULL
BEGIN
  EXEC (N'CREATE INDEX IX_CamWorkItem_lane ON mcms.CamWorkItem (state, laneId, priority DESC, turn, seq)');
  EXEC (N'CREATE INDEX IX_CamWorkItem_person ON mcms.CamWorkItem (state, application, requestedBy, priority, turn DESC)');
  EXEC (N'CREATE INDEX IX_CamWorkItem_turn ON mcms.CamWorkItem (state, application, priority, turn)');
END
GO

-- People take turns, round by round, in every application by itself: whoever has items waiting at this priority goes one round behind
-- the last of them; whoever has none joins the round that is under way.
IF COL_LENGTH(N'mcms.CamWorkItem', N'laneId') IS NOT NULL
EXEC (N'CREATE PROCEDURE mcms.EnqueueWork
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
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @turn int;

  SELECT TOP (1) @turn = turn + 1 FROM mcms.CamWorkItem
  WHERE state = N''Waiting'' AND application = @application AND requestedBy = @requestedBy AND priority = @priority
  ORDER BY turn DESC;

  IF @turn IS NULL
    SELECT TOP (1) @turn = turn FROM mcms.CamWorkItem
    WHERE state = N''Waiting'' AND application = @application AND priority = @priority
    ORDER BY turn;

  IF @turn IS NULL SET @turn = 0;

  INSERT INTO mcms.CamWorkItem (
    workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn)
  VALUES (
    @workItemId, @attemptId, @commandId, @run, @attempt, @fence, @application, @priority, @notBefore, @enqueuedAt,
    N''Waiting'', NULL, NULL, NULL, 0, @laneId, @requestedBy, @turn);
END');
GO

-- Takes one item if it still waits. One row: it is this claim's. No row: somebody was faster, or it was withdrawn.
IF COL_LENGTH(N'mcms.CamWorkItem', N'laneId') IS NOT NULL
EXEC (N'CREATE PROCEDURE mcms.ClaimWork
  @seq bigint,
  @claimId uniqueidentifier,
  @workstation nvarchar(100),
  @leaseUntil datetime2(3)
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @claimed int;
  SET @claimed = 0;

  UPDATE mcms.CamWorkItem
  SET state = N''Claimed'', workstation = @workstation, claimId = @claimId, leaseUntil = @leaseUntil
  WHERE seq = @seq AND state = N''Waiting'' AND cancelRequested = 0;
  SET @claimed = @@ROWCOUNT;

  SELECT seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn
  FROM mcms.CamWorkItem
  WHERE seq = @seq AND @claimed = 1;
END');
GO

-- The item that this claim has taken and still holds: an answer that was lost on its way is given again.
IF COL_LENGTH(N'mcms.CamWorkItem', N'laneId') IS NOT NULL
EXEC (N'CREATE PROCEDURE mcms.FindClaim
  @claimId uniqueidentifier,
  @workstation nvarchar(100)
AS
BEGIN
  SET NOCOUNT ON;
  SELECT seq, workItemId, attemptId, commandId, run, attempt, fence, application, priority, notBefore, enqueuedAt,
    state, workstation, claimId, leaseUntil, cancelRequested, laneId, requestedBy, turn
  FROM mcms.CamWorkItem
  WHERE claimId = @claimId AND workstation = @workstation AND state = N''Claimed'';
END');
GO

-- 0010 makes the role; a database migrated without it has none.
IF OBJECT_ID(N'mcms.EnqueueWork') IS NOT NULL AND EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'mcms_app')
BEGIN
  GRANT EXECUTE ON mcms.EnqueueWork TO mcms_app;
  GRANT EXECUTE ON mcms.ClaimWork TO mcms_app;
  GRANT EXECUTE ON mcms.FindClaim TO mcms_app;
END
GO
