-- requires: database-event-session
-- transaction: none
--
-- An Extended Events session of this database (Azure SQL), which keeps what took long, and the procedure that reads what is new of it.
-- Making it takes CONTROL on the database, reading it VIEW DATABASE STATE, which the app does not have: hence the owner.
-- https://learn.microsoft.com/sql/t-sql/statements/create-event-session-transact-sql
-- Each batch may run again.

-- Makes the session anew and starts it; it starts by itself after a failover or restart. Run it again by hand after an upgrade of the
-- engine: wait types are stored by number, and the numbers differ between versions (sys.dm_xe_map_values).
--
-- Statements: from one second on (`duration` is in microseconds). Both events: the one fires for statements of a batch, the other for
-- those inside procedures, prepared statements and sp_executesql, which is what the app sends. Batch and RPC events would tell the
-- same again, and without the query's hash.
--
-- Waits, from half a second on (here `duration` is in milliseconds): of batch-mode operators, which is how columnstore is read (hash
-- tables HT*, bitmaps BMP*, sorts BPSORT), of building row groups, and of transactions and procedures of In-Memory OLTP. Not those
-- in which its background threads idle (WAIT_XTP_HOST_WAIT, WAIT_XTP_CKPT_*, WAIT_XTP_OFFLINE_CKPT_*).
-- https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-os-wait-stats-transact-sql
--
-- The ring buffer holds at most 1,000 events in 1 MB: its text form ends at 4 MB, and what is beyond cannot be read.
-- https://learn.microsoft.com/sql/relational-databases/extended-events/targets-for-extended-events-in-sql-server#ring_buffer-target
CREATE OR ALTER PROCEDURE mcms.StartStatementSession
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @waits nvarchar(max), @filter nvarchar(400), @sql nvarchar(max);
  SET @filter = N'sqlserver.is_system = 0';

  SELECT @waits = STRING_AGG(CONVERT(nvarchar(max), N'wait_type = ' + CONVERT(nvarchar(11), w.map_key)), N' OR ')
  FROM (
    SELECT DISTINCT map_key FROM sys.dm_xe_map_values
    WHERE name = N'wait_types' AND map_value IN (
      N'HTBUILD', N'HTDELETE', N'HTMEMO', N'HTREINIT', N'HTREPARTITION',
      N'BMPALLOCATION', N'BMPBUILD', N'BMPREPARTITION', N'BMPREPLICATION', N'BPSORT',
      N'COLUMNSTORE_BUILD_THROTTLE', N'COLUMNSTORE_COLUMNDATASET_SESSION_LIST', N'ROWGROUP_VERSION', N'ROWGROUP_OP_STATS',
      N'WAIT_XTP_TRAN_COMMIT', N'WAIT_XTP_TRAN_DEPENDENCY', N'WAIT_XTP_PROCEDURE_ENTRY', N'WAIT_XTP_GUEST',
      N'XTPPROC_CACHE_ACCESS', N'XTPPROC_PARTITIONED_STACK_CREATE')
  ) AS w;

  IF EXISTS (SELECT 1 FROM sys.database_event_sessions WHERE name = N'mcms_statements')
    DROP EVENT SESSION mcms_statements ON DATABASE;

  SET @sql = N'CREATE EVENT SESSION mcms_statements ON DATABASE
    ADD EVENT sqlserver.sql_statement_completed (
      SET collect_statement = (1)
      ACTION (sqlserver.query_hash_signed)
      WHERE (duration >= 1000000 AND ' + @filter + N')),
    ADD EVENT sqlserver.sp_statement_completed (
      SET collect_statement = (1)
      ACTION (sqlserver.query_hash_signed)
      WHERE (duration >= 1000000 AND ' + @filter + N'))'
    + ISNULL(N',
    ADD EVENT sqlos.wait_completed (
      ACTION (sqlserver.query_hash_signed, sqlserver.sql_text)
      WHERE (duration >= 500 AND ' + @filter + N' AND (' + @waits + N')))', N'')
    + N'
    ADD TARGET package0.ring_buffer (SET max_memory = (1024), max_events_limit = (1000))
    WITH (
      MAX_MEMORY = 1024 KB,
      EVENT_RETENTION_MODE = ALLOW_SINGLE_EVENT_LOSS,
      MAX_DISPATCH_LATENCY = 5 SECONDS,
      STARTUP_STATE = ON
    );
    ALTER EVENT SESSION mcms_statements ON DATABASE STATE = START;';
  EXEC (@sql);
END
GO

IF NOT EXISTS (SELECT 1 FROM sys.database_event_sessions WHERE name = N'mcms_statements')
  EXEC mcms.StartStatementSession;
GO

-- One row `buffer` that tells whether the session runs and whether something was lost unread, and a row per event since the last report,
-- up to ten seconds ago: by then all that happened has reached the buffer (MAX_DISPATCH_LATENCY). AcceptStatementEvents makes that the
-- last report. Durations and CPU in milliseconds; the hash as sys.query_store_query has it; texts cut at 400.
CREATE OR ALTER PROCEDURE mcms.ReadStatementEvents
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @through datetime2(3) = DATEADD(second, -10, SYSUTCDATETIME());
  DECLARE @after datetime2(3), @target nvarchar(max), @events xml, @running bit = 0, @oldest datetime2(3), @kept int, @total bigint;

  SELECT @after = readUntil FROM mcms.UpkeepState WHERE name = N'statement-events';
  SELECT @target = t.target_data, @running = 1
  FROM sys.dm_xe_database_sessions AS s
  JOIN sys.dm_xe_database_session_targets AS t ON t.event_session_address = s.address
  WHERE s.name = N'mcms_statements' AND t.target_name = N'ring_buffer';

  SET @events = TRY_CAST(@target AS xml);
  SELECT
    @kept = r.b.value('@eventCount', 'int'),
    @total = r.b.value('@totalEventsProcessed', 'bigint'),
    @oldest = r.b.value('(event/@timestamp)[1]', 'datetime2(3)')
  FROM @events.nodes('/RingBufferTarget') AS r (b);

  IF NOT EXISTS (SELECT 1 FROM mcms.UpkeepState WHERE name = N'statement-events')
    INSERT INTO mcms.UpkeepState (name, readUntil, pendingUntil) VALUES (N'statement-events', NULL, NULL);
  UPDATE mcms.UpkeepState SET pendingUntil = @through WHERE name = N'statement-events';

  SELECT
    N'buffer' AS kind,
    @through AS at,
    CONVERT(nvarchar(18), NULL) AS queryHash,
    CONVERT(nvarchar(400), NULL) AS queryText,
    CONVERT(bigint, NULL) AS durationMs,
    CONVERT(bigint, NULL) AS cpuMs,
    CONVERT(bigint, NULL) AS logicalReads,
    CONVERT(nvarchar(60), NULL) AS waitType,
    @running AS running,
    -- The text form was cut or cannot be read, or events that nobody has read have left the ring.
    CONVERT(bit, CASE
      WHEN @target IS NOT NULL AND @events IS NULL THEN 1
      WHEN @events.exist('/RingBufferTarget[@truncated != "0"]') = 1 THEN 1
      WHEN @total > @kept AND @oldest > @after THEN 1
      ELSE 0 END) AS incomplete
  UNION ALL
  SELECT
    CASE WHEN e.name = N'wait_completed' THEN N'wait' ELSE N'statement' END,
    e.at,
    CONVERT(nvarchar(18), CONVERT(binary(8), e.queryHash), 1),
    LEFT(e.queryText, 400),
    CASE WHEN e.name = N'wait_completed' THEN e.duration ELSE e.duration / 1000 END,
    e.cpu / 1000,
    e.logicalReads,
    e.waitType,
    @running,
    CONVERT(bit, 0)
  FROM (
    SELECT
      x.n.value('@name', 'nvarchar(60)') AS name,
      x.n.value('@timestamp', 'datetime2(3)') AS at,
      x.n.value('(action[@name="query_hash_signed"]/value)[1]', 'bigint') AS queryHash,
      ISNULL(x.n.value('(data[@name="statement"]/value)[1]', 'nvarchar(max)'),
        x.n.value('(action[@name="sql_text"]/value)[1]', 'nvarchar(max)')) AS queryText,
      x.n.value('(data[@name="duration"]/value)[1]', 'bigint') AS duration,
      x.n.value('(data[@name="cpu_time"]/value)[1]', 'bigint') AS cpu,
      x.n.value('(data[@name="logical_reads"]/value)[1]', 'bigint') AS logicalReads,
      x.n.value('(data[@name="wait_type"]/text)[1]', 'nvarchar(60)') AS waitType
    FROM @events.nodes('/RingBufferTarget/event') AS x (n)
  ) AS e
  WHERE (@after IS NULL OR e.at > @after) AND e.at <= @through;
END
GO

IF DATABASE_PRINCIPAL_ID(N'mcms_app') IS NOT NULL
  GRANT EXECUTE ON mcms.ReadStatementEvents TO mcms_app;
GO
