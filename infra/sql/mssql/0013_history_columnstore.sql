-- requires: columnstore
-- transaction: none
--
-- History as a clustered columnstore for compression and analytic queries, with a covering B-tree for every paged query: a page is read
-- from one B-tree alone and never looks up into the columnstore. The archive is a columnstore of the smaller, slower kind.
-- https://learn.microsoft.com/sql/relational-databases/indexes/columnstore-indexes-overview
--
-- Each step takes the table for itself while it runs; on a large history run it in a quiet hour. Each batch may run again.
-- Statements whose form depends on the version stand in EXEC.

-- The plain B-trees go first, so that the steps between do not build them anew each time.
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND type = 5)
BEGIN
  DROP INDEX IF EXISTS IX_HistoryEntry_changedAt ON mcms.HistoryEntry;
  DROP INDEX IF EXISTS IX_HistoryEntry_routing ON mcms.HistoryEntry;
  DROP INDEX IF EXISTS IX_HistoryEntry_item ON mcms.HistoryEntry;
  DROP INDEX IF EXISTS IX_HistoryEntry_itemCode ON mcms.HistoryEntry;
  DROP INDEX IF EXISTS IX_HistoryEntry_changedBy ON mcms.HistoryEntry;
  DROP INDEX IF EXISTS IX_HistoryEntry_changeType ON mcms.HistoryEntry;
  DROP INDEX IF EXISTS IX_HistoryEntry_field ON mcms.HistoryEntry;
  DROP INDEX IF EXISTS IX_HistoryEntry_camRevision ON mcms.HistoryEntry;
  DROP INDEX IF EXISTS IX_HistoryEntry_itemCamRevision ON mcms.HistoryEntry;
END
GO

-- A clustered columnstore takes the place of a clustered key; constraints on it are enforced by B-trees.
-- https://learn.microsoft.com/sql/t-sql/statements/create-columnstore-index-transact-sql#limitations-and-restrictions
IF EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'PK_HistoryEntry' AND type = 1)
  ALTER TABLE mcms.HistoryEntry DROP CONSTRAINT PK_HistoryEntry;
GO

-- In order of time, so that queries of a span skip the row groups of others. Where the engine keeps an order (Azure SQL, SQL Server
-- 2022 and later), it is declared: a rebuild then restores it after an import of old entries. Elsewhere the order comes from a
-- clustered index that the columnstore is made of. One thread: several would sort a part each.
-- https://learn.microsoft.com/sql/relational-databases/indexes/ordered-columnstore-indexes
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND type = 5)
BEGIN
  IF CONVERT(int, SERVERPROPERTY('EngineEdition')) IN (5, 8) OR CONVERT(int, SERVERPROPERTY('ProductMajorVersion')) >= 16
    EXEC (N'CREATE CLUSTERED COLUMNSTORE INDEX CCI_HistoryEntry ON mcms.HistoryEntry ORDER (changedAt) WITH (MAXDOP = 1);');
  ELSE
  BEGIN
    IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'CCI_HistoryEntry')
      CREATE CLUSTERED INDEX CCI_HistoryEntry ON mcms.HistoryEntry (changedAt, seq);
    CREATE CLUSTERED COLUMNSTORE INDEX CCI_HistoryEntry ON mcms.HistoryEntry WITH (DROP_EXISTING = ON, MAXDOP = 1);
  END
END
GO

IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'PK_HistoryEntry')
  ALTER TABLE mcms.HistoryEntry
    ADD CONSTRAINT PK_HistoryEntry PRIMARY KEY NONCLUSTERED (seq) WITH (DATA_COMPRESSION = PAGE);
GO

-- The paged queries, newest first: all, of a routing, of an item or revision, of a person, of a kind, of a field. Each has all columns of
-- a page. Keys are at most 592 bytes of the 1,700 that such an index may have; included columns do not count, and long values of them
-- go off the page. https://learn.microsoft.com/sql/t-sql/statements/create-index-transact-sql
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_changedAt')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_changedAt ON mcms.HistoryEntry (changedAt, seq)
    INCLUDE (historyId, itemCode, revisionCode, routingId, camRev, changeType, field, previousValue, currentValue, changedBy,
      actorKind, comment, traceId)
    WITH (DATA_COMPRESSION = PAGE);
GO

IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_routing')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_routing ON mcms.HistoryEntry (routingId, changedAt, seq)
    INCLUDE (historyId, itemCode, revisionCode, camRev, changeType, field, previousValue, currentValue, changedBy, actorKind,
      comment, traceId)
    WITH (DATA_COMPRESSION = PAGE);
GO

IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_item')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_item ON mcms.HistoryEntry (itemCode, revisionCode, changedAt, seq)
    INCLUDE (historyId, routingId, camRev, changeType, field, previousValue, currentValue, changedBy, actorKind, comment,
      traceId)
    WITH (DATA_COMPRESSION = PAGE);
GO

IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_itemCode')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_itemCode ON mcms.HistoryEntry (itemCode, changedAt, seq)
    INCLUDE (historyId, revisionCode, routingId, camRev, changeType, field, previousValue, currentValue, changedBy, actorKind,
      comment, traceId)
    WITH (DATA_COMPRESSION = PAGE);
GO

IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_changedBy')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_changedBy ON mcms.HistoryEntry (changedBy, changedAt, seq)
    INCLUDE (historyId, itemCode, revisionCode, routingId, camRev, changeType, field, previousValue, currentValue, actorKind,
      comment, traceId)
    WITH (DATA_COMPRESSION = PAGE);
GO

IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_changeType')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_changeType ON mcms.HistoryEntry (changeType, changedAt, seq)
    INCLUDE (historyId, itemCode, revisionCode, routingId, camRev, field, previousValue, currentValue, changedBy, actorKind,
      comment, traceId)
    WITH (DATA_COMPRESSION = PAGE);
GO

IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_field')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_field ON mcms.HistoryEntry (field, changedAt, seq)
    INCLUDE (historyId, itemCode, revisionCode, routingId, camRev, changeType, previousValue, currentValue, changedBy,
      actorKind, comment, traceId)
    WITH (DATA_COMPRESSION = PAGE);
GO

-- The summary per CAM revision, whose columns are all in the key.
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_camRevision')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_camRevision
    ON mcms.HistoryEntry (routingId, camRev, itemCode, revisionCode, changedBy, changedAt)
    WITH (DATA_COMPRESSION = PAGE);
GO

IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryEntry') AND name = N'IX_HistoryEntry_itemCamRevision')
  CREATE NONCLUSTERED INDEX IX_HistoryEntry_itemCamRevision
    ON mcms.HistoryEntry (itemCode, revisionCode, routingId, camRev, changedBy, changedAt)
    WITH (DATA_COMPRESSION = PAGE);
GO

-- The archive: no paged query, so no B-tree but those of its keys.
IF EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryArchive') AND name = N'PK_HistoryArchive' AND type = 1)
  ALTER TABLE mcms.HistoryArchive DROP CONSTRAINT PK_HistoryArchive;
GO

-- https://learn.microsoft.com/sql/relational-databases/data-compression/data-compression#using-columnstore-and-columnstore-archive-compression
IF OBJECT_ID(N'mcms.HistoryArchive') IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryArchive') AND type = 5)
BEGIN
  IF CONVERT(int, SERVERPROPERTY('EngineEdition')) IN (5, 8) OR CONVERT(int, SERVERPROPERTY('ProductMajorVersion')) >= 16
    EXEC (N'CREATE CLUSTERED COLUMNSTORE INDEX CCI_HistoryArchive ON mcms.HistoryArchive ORDER (changedAt)
      WITH (MAXDOP = 1, DATA_COMPRESSION = COLUMNSTORE_ARCHIVE);');
  ELSE
  BEGIN
    IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryArchive') AND name = N'CCI_HistoryArchive')
      CREATE CLUSTERED INDEX CCI_HistoryArchive ON mcms.HistoryArchive (changedAt, seq);
    CREATE CLUSTERED COLUMNSTORE INDEX CCI_HistoryArchive ON mcms.HistoryArchive
      WITH (DROP_EXISTING = ON, MAXDOP = 1, DATA_COMPRESSION = COLUMNSTORE_ARCHIVE);
  END
END
GO

IF OBJECT_ID(N'mcms.HistoryArchive') IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'mcms.HistoryArchive') AND name = N'PK_HistoryArchive')
  ALTER TABLE mcms.HistoryArchive
    ADD CONSTRAINT PK_HistoryArchive PRIMARY KEY NONCLUSTERED (seq) WITH (DATA_COMPRESSION = PAGE);
GO

-- What the upkeep decides by: a row per row group of both tables, with the span of changedAt in it where it is compressed. Spans are
-- the engine's own numbers for the times, as it compares them to skip row groups; as text, because they pass 2^53.
-- Needs CONTROL on the tables and VIEW DATABASE STATE, which the app does not have: hence the owner.
-- https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-db-column-store-row-group-physical-stats-transact-sql
-- https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-column-store-segments-transact-sql
CREATE OR ALTER PROCEDURE mcms.ListHistoryRowGroups
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  -- Online and in order at once: Azure SQL Database, and SQL Server 2025 with its Enterprise features.
  DECLARE @online bit = CASE
    WHEN CONVERT(int, SERVERPROPERTY('EngineEdition')) = 5 THEN 1
    WHEN CONVERT(int, SERVERPROPERTY('EngineEdition')) = 3 AND CONVERT(int, SERVERPROPERTY('ProductMajorVersion')) >= 17 THEN 1
    ELSE 0 END;

  SELECT
    t.name AS tableName,
    g.row_group_id AS rowGroupId,
    g.state_desc AS state,
    g.total_rows AS totalRows,
    ISNULL(g.deleted_rows, 0) AS deletedRows,
    g.size_in_bytes AS sizeBytes,
    g.trim_reason_desc AS trimReason,
    g.transition_to_compressed_state_desc AS transition,
    -- The engine notes these in its own local time.
    DATEDIFF(minute, g.created_time, SYSDATETIME()) AS ageMinutes,
    DATEDIFF(minute, g.closed_time, SYSDATETIME()) AS closedMinutes,
    s.encoding_type AS encoding,
    CONVERT(nvarchar(20), s.min_data_id) AS firstChange,
    CONVERT(nvarchar(20), s.max_data_id) AS lastChange,
    @online AS onlineRebuild
  FROM sys.tables AS t
  JOIN sys.dm_db_column_store_row_group_physical_stats AS g ON g.object_id = t.object_id
  LEFT JOIN sys.partitions AS p
    ON p.object_id = g.object_id AND p.index_id = g.index_id AND p.partition_number = g.partition_number
  LEFT JOIN sys.columns AS c ON c.object_id = t.object_id AND c.name = N'changedAt'
  LEFT JOIN sys.column_store_segments AS s
    ON s.partition_id = p.partition_id AND s.segment_id = g.row_group_id AND s.column_id = c.column_id AND g.state = 3
  WHERE t.schema_id = SCHEMA_ID(N'mcms') AND t.name IN (N'HistoryEntry', N'HistoryArchive')
  ORDER BY t.name, g.row_group_id;
END
GO

-- Compresses closed row groups, merges small ones and removes deleted rows, online; with @compressAll also what is still open. What it
-- has done stays done when it is stopped.
-- https://learn.microsoft.com/sql/t-sql/statements/alter-index-transact-sql
CREATE OR ALTER PROCEDURE mcms.ReorganizeHistory
  @archive bit,
  @compressAll bit
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  IF @archive = 0 AND @compressAll = 0
    ALTER INDEX CCI_HistoryEntry ON mcms.HistoryEntry REORGANIZE;
  IF @archive = 0 AND @compressAll = 1
    ALTER INDEX CCI_HistoryEntry ON mcms.HistoryEntry REORGANIZE WITH (COMPRESS_ALL_ROW_GROUPS = ON);
  IF @archive = 1 AND @compressAll = 0
    ALTER INDEX CCI_HistoryArchive ON mcms.HistoryArchive REORGANIZE;
  IF @archive = 1 AND @compressAll = 1
    ALTER INDEX CCI_HistoryArchive ON mcms.HistoryArchive REORGANIZE WITH (COMPRESS_ALL_ROW_GROUPS = ON);
END
GO

-- Builds the columnstore anew, in order of time: all or nothing when it is stopped. With @online = 0 the table is not available
-- meanwhile. Declared order is restored by the build; before SQL Server 2022 it comes from a clustered index in between.
-- https://learn.microsoft.com/sql/relational-databases/indexes/ordered-columnstore-indexes
-- https://learn.microsoft.com/sql/t-sql/statements/create-columnstore-index-transact-sql#convert
CREATE OR ALTER PROCEDURE mcms.RebuildHistory
  @archive bit,
  @online bit
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @table nvarchar(30) = CASE WHEN @archive = 1 THEN N'HistoryArchive' ELSE N'HistoryEntry' END;
  DECLARE @options nvarchar(200) = N' WITH (DROP_EXISTING = ON, MAXDOP = 1'
    + CASE WHEN @online = 1 THEN N', ONLINE = ON' ELSE N'' END
    + CASE WHEN @archive = 1 THEN N', DATA_COMPRESSION = COLUMNSTORE_ARCHIVE' ELSE N'' END + N');';
  DECLARE @columnstore nvarchar(400) = N'CREATE CLUSTERED COLUMNSTORE INDEX CCI_' + @table + N' ON mcms.' + @table;

  IF CONVERT(int, SERVERPROPERTY('EngineEdition')) IN (5, 8) OR CONVERT(int, SERVERPROPERTY('ProductMajorVersion')) >= 16
    SET @columnstore = @columnstore + N' ORDER (changedAt)' + @options;
  ELSE
    SET @columnstore = N'CREATE CLUSTERED INDEX CCI_' + @table + N' ON mcms.' + @table
      + N' (changedAt, seq) WITH (DROP_EXISTING = ON); ' + @columnstore + @options;
  EXEC (@columnstore);
END
GO

IF DATABASE_PRINCIPAL_ID(N'mcms_app') IS NOT NULL
BEGIN
  GRANT EXECUTE ON mcms.ListHistoryRowGroups TO mcms_app;
  GRANT EXECUTE ON mcms.ReorganizeHistory TO mcms_app;
  GRANT EXECUTE ON mcms.RebuildHistory TO mcms_app;
END
GO
