-- requires: query-store
-- transaction: none
--
-- Query Store on, the last good plan forced by the engine where it can, and what the plan-regression guard reads and does. SQL Server
-- 2017 or later. Each batch may run again.

-- ALTER DATABASE is not allowed in a transaction. A quarter of an hour is the guard's own rhythm; 30 days hold its comparison; 1 GB
-- with cleanup by size keeps the store from going read-only, in which state nothing is collected or forced.
-- https://learn.microsoft.com/sql/t-sql/statements/alter-database-transact-sql-set-options#query_store
-- https://learn.microsoft.com/sql/relational-databases/performance/best-practice-with-the-query-store
IF NOT EXISTS (
  SELECT 1 FROM sys.database_query_store_options
  WHERE desired_state_desc = N'READ_WRITE' AND query_capture_mode_desc = N'AUTO' AND size_based_cleanup_mode_desc = N'AUTO'
    AND interval_length_minutes = 15 AND stale_query_threshold_days = 30 AND max_storage_size_mb = 1000)
  ALTER DATABASE CURRENT SET QUERY_STORE = ON (
    OPERATION_MODE = READ_WRITE,
    CLEANUP_POLICY = (STALE_QUERY_THRESHOLD_DAYS = 30),
    DATA_FLUSH_INTERVAL_SECONDS = 900,
    MAX_STORAGE_SIZE_MB = 1000,
    INTERVAL_LENGTH_MINUTES = 15,
    SIZE_BASED_CLEANUP_MODE = AUTO,
    QUERY_CAPTURE_MODE = AUTO
  );
GO

-- Enterprise features of SQL Server, Azure SQL Database, Managed Instance. Where it is missing or off, the guard forces plans.
-- https://learn.microsoft.com/sql/relational-databases/automatic-tuning/automatic-tuning
IF CONVERT(int, SERVERPROPERTY('EngineEdition')) IN (3, 5, 8)
  AND NOT EXISTS (
    SELECT 1 FROM sys.database_automatic_tuning_options
    WHERE name = N'FORCE_LAST_GOOD_PLAN' AND desired_state_desc = N'ON')
  ALTER DATABASE CURRENT SET AUTOMATIC_TUNING (FORCE_LAST_GOOD_PLAN = ON);
GO

-- The plans that the guard forced, and how each forcing ended. Others' forcings are never touched.
-- outcome: 0 could not be forced, 1 did not hold, 2 made it worse, 3 had stood long enough, 4 somebody else ended it, 5 the engine took
-- it over, 6 plan or query are gone.
IF OBJECT_ID(N'mcms.PlanForcing') IS NULL
  CREATE TABLE mcms.PlanForcing (
    seq bigint IDENTITY(1, 1) NOT NULL,
    CONSTRAINT PK_PlanForcing PRIMARY KEY CLUSTERED (seq),
    queryId bigint NOT NULL,
    planId bigint NOT NULL,
    regressedPlanId bigint NOT NULL,
    -- Average CPU time of an execution, in microseconds: with the regressed plan, and with the forced one before.
    regressedCpuMicros bigint NOT NULL,
    goodCpuMicros bigint NOT NULL,
    forcedAt datetime2(3) NOT NULL,
    endedAt datetime2(3) NULL,
    outcome tinyint NULL,
    INDEX IX_PlanForcing_open UNIQUE NONCLUSTERED (queryId) WHERE (endedAt IS NULL)
  );
GO

-- Whether the engine forces plans itself, and whether the Query Store collects.
-- https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-database-automatic-tuning-options-transact-sql
-- https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-database-query-store-options-transact-sql
CREATE OR ALTER PROCEDURE mcms.ReadPlanTuning
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  SELECT
    (SELECT actual_state_desc FROM sys.database_automatic_tuning_options WHERE name = N'FORCE_LAST_GOOD_PLAN') AS forceLastGoodPlan,
    (SELECT reason_desc FROM sys.database_automatic_tuning_options WHERE name = N'FORCE_LAST_GOOD_PLAN') AS tuningReason,
    actual_state_desc AS queryStore,
    readonly_reason AS readOnlyReason,
    current_storage_size_mb AS sizeMb,
    max_storage_size_mb AS maxSizeMb
  FROM sys.database_query_store_options;
END
GO

-- What the engine has found and done itself. It needs a permission of the server on SQL Server, which no user of a database has: there
-- the caller's own counts (GRANT VIEW SERVER STATE to the app's login; from 2022 VIEW SERVER PERFORMANCE STATE is enough).
-- https://learn.microsoft.com/sql/relational-databases/system-dynamic-management-views/sys-dm-db-tuning-recommendations-transact-sql
-- https://learn.microsoft.com/sql/t-sql/statements/execute-as-clause-transact-sql#using-execute-as-caller-stand-alone-statement
CREATE OR ALTER PROCEDURE mcms.ListPlanRecommendations
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  IF CONVERT(int, SERVERPROPERTY('EngineEdition')) <> 5 EXECUTE AS CALLER;

  SELECT
    r.name,
    r.reason,
    r.score,
    JSON_VALUE(r.state, '$.currentValue') AS state,
    JSON_VALUE(r.state, '$.reason') AS stateReason,
    r.is_executable_action AS executable,
    r.last_refresh AS refreshedAt,
    d.queryId,
    d.regressedPlanId,
    d.recommendedPlanId,
    d.regressedPlanExecutionCount AS regressedExecutions,
    d.regressedPlanErrorCount AS regressedErrors,
    d.regressedPlanCpuTimeAverage AS regressedCpuMicros,
    d.recommendedPlanExecutionCount AS recommendedExecutions,
    d.recommendedPlanErrorCount AS recommendedErrors,
    d.recommendedPlanCpuTimeAverage AS recommendedCpuMicros
  FROM sys.dm_db_tuning_recommendations AS r
  CROSS APPLY OPENJSON(r.details, '$.planForceDetails') WITH (
    queryId bigint '$.queryId',
    regressedPlanId bigint '$.regressedPlanId',
    recommendedPlanId bigint '$.recommendedPlanId',
    regressedPlanExecutionCount bigint '$.regressedPlanExecutionCount',
    regressedPlanErrorCount bigint '$.regressedPlanErrorCount',
    regressedPlanCpuTimeAverage float '$.regressedPlanCpuTimeAverage',
    recommendedPlanExecutionCount bigint '$.recommendedPlanExecutionCount',
    recommendedPlanErrorCount bigint '$.recommendedPlanErrorCount',
    recommendedPlanCpuTimeAverage float '$.recommendedPlanCpuTimeAverage'
  ) AS d
  WHERE r.type = N'FORCE_LAST_GOOD_PLAN';
END
GO

-- Finished executions per plan, of queries with several plans: in the last @recentMinutes, and before that in the last @historyMinutes.
-- Counts and CPU times in microseconds; averages and deviations are of single executions. An interval may have several rows, which
-- belong together.
-- https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-query-store-runtime-stats-transact-sql
-- https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-query-store-plan-transact-sql
CREATE OR ALTER PROCEDURE mcms.ListPlanRuntimes
  @recentMinutes int,
  @historyMinutes int
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @now datetimeoffset = SYSDATETIMEOFFSET();
  DECLARE @recent datetimeoffset = DATEADD(minute, -@recentMinutes, @now);
  DECLARE @history datetimeoffset = DATEADD(minute, -@historyMinutes, @now);

  WITH runtimes AS (
    SELECT
      p.query_id,
      p.plan_id,
      CASE WHEN i.start_time >= @recent THEN 1 ELSE 0 END AS recent,
      SUM(s.count_executions) AS executions,
      SUM(s.count_executions * s.avg_cpu_time) AS cpu,
      SUM(s.count_executions * (s.stdev_cpu_time * s.stdev_cpu_time + s.avg_cpu_time * s.avg_cpu_time)) AS cpuSquares
    FROM sys.query_store_runtime_stats AS s
    JOIN sys.query_store_runtime_stats_interval AS i ON i.runtime_stats_interval_id = s.runtime_stats_interval_id
    JOIN sys.query_store_plan AS p ON p.plan_id = s.plan_id
    WHERE i.start_time >= @history AND s.execution_type = 0 AND p.is_natively_compiled = 0
    GROUP BY p.query_id, p.plan_id, CASE WHEN i.start_time >= @recent THEN 1 ELSE 0 END
  ), several AS (
    SELECT query_id FROM runtimes GROUP BY query_id HAVING COUNT(DISTINCT plan_id) > 1
  )
  SELECT
    r.query_id AS queryId,
    r.plan_id AS planId,
    r.recent,
    r.executions,
    r.cpu / r.executions AS cpuMicros,
    -- Rounding may leave a little less than nothing.
    CASE WHEN r.cpuSquares / r.executions > SQUARE(r.cpu / r.executions)
      THEN SQRT(r.cpuSquares / r.executions - SQUARE(r.cpu / r.executions)) ELSE 0 END AS cpuDeviation,
    p.is_forced_plan AS forced
  FROM runtimes AS r
  JOIN several AS m ON m.query_id = r.query_id
  JOIN sys.query_store_plan AS p ON p.plan_id = r.plan_id
  WHERE r.executions > 0
  ORDER BY r.query_id, r.plan_id, r.recent;
END
GO

-- The guard's own forcings, open ones and those that ended within @closedMinutes: state of the forced plan, and all finished executions
-- of the query in intervals that began after the forcing, whatever plan they had: the plan made by force may have another number.
-- https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-query-store-force-plan-transact-sql
CREATE OR ALTER PROCEDURE mcms.ListPlanForcings
  @closedMinutes int
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  SELECT
    f.seq,
    f.queryId,
    f.planId,
    f.regressedPlanId,
    f.regressedCpuMicros,
    f.goodCpuMicros,
    f.forcedAt,
    f.endedAt,
    f.outcome,
    p.is_forced_plan AS forced,
    p.plan_forcing_type_desc AS forcingType,
    p.force_failure_count AS failures,
    p.last_force_failure_reason_desc AS failureReason,
    ISNULL(a.executions, 0) AS executionsAfter,
    a.cpu / a.executions AS cpuMicrosAfter
  FROM mcms.PlanForcing AS f
  LEFT JOIN sys.query_store_plan AS p ON p.plan_id = f.planId AND p.query_id = f.queryId
  OUTER APPLY (
    SELECT SUM(s.count_executions) AS executions, SUM(s.count_executions * s.avg_cpu_time) AS cpu
    FROM sys.query_store_plan AS q
    JOIN sys.query_store_runtime_stats AS s ON s.plan_id = q.plan_id
    JOIN sys.query_store_runtime_stats_interval AS i ON i.runtime_stats_interval_id = s.runtime_stats_interval_id
    WHERE q.query_id = f.queryId AND f.endedAt IS NULL AND s.execution_type = 0
      AND i.start_time >= TODATETIMEOFFSET(f.forcedAt, '+00:00')
  ) AS a
  WHERE f.endedAt IS NULL OR f.endedAt > DATEADD(minute, -@closedMinutes, SYSUTCDATETIME())
  ORDER BY f.seq;
END
GO

-- The beginning of a query's text, for reports.
-- https://learn.microsoft.com/sql/relational-databases/system-catalog-views/sys-query-store-query-text-transact-sql
CREATE OR ALTER PROCEDURE mcms.ReadQueryText
  @queryId bigint
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  SELECT LEFT(t.query_sql_text, 400) AS queryText, CONVERT(nvarchar(18), q.query_hash, 1) AS queryHash
  FROM sys.query_store_query AS q
  JOIN sys.query_store_query_text AS t ON t.query_text_id = q.query_text_id
  WHERE q.query_id = @queryId;
END
GO

-- Forces a plan and records that the guard did. Recorded first: a forcing nobody knows of would never be undone. Called again, it does
-- no more than once. Needs ALTER on the database, which the app does not have.
-- https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-query-store-force-plan-transact-sql
CREATE OR ALTER PROCEDURE mcms.ForceQueryPlan
  @queryId bigint,
  @planId bigint,
  @regressedPlanId bigint,
  @regressedCpuMicros bigint,
  @goodCpuMicros bigint
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  IF NOT EXISTS (SELECT 1 FROM mcms.PlanForcing WHERE queryId = @queryId AND endedAt IS NULL)
    INSERT INTO mcms.PlanForcing (queryId, planId, regressedPlanId, regressedCpuMicros, goodCpuMicros, forcedAt)
    VALUES (@queryId, @planId, @regressedPlanId, @regressedCpuMicros, @goodCpuMicros, SYSUTCDATETIME());
  BEGIN TRY
    EXEC sys.sp_query_store_force_plan @query_id = @queryId, @plan_id = @planId;
  END TRY
  BEGIN CATCH
    UPDATE mcms.PlanForcing SET endedAt = SYSUTCDATETIME(), outcome = 0 WHERE queryId = @queryId AND endedAt IS NULL;
    THROW;
  END CATCH
END
GO

-- Ends a forcing of the guard. With @unforce the plan is set free first; called again, it does no harm.
-- https://learn.microsoft.com/sql/relational-databases/system-stored-procedures/sp-query-store-unforce-plan-transact-sql
CREATE OR ALTER PROCEDURE mcms.EndPlanForcing
  @seq bigint,
  @unforce bit,
  @outcome tinyint
WITH EXECUTE AS OWNER
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @queryId bigint, @planId bigint;
  SELECT @queryId = queryId, @planId = planId FROM mcms.PlanForcing WHERE seq = @seq AND endedAt IS NULL;
  IF @queryId IS NULL RETURN;
  IF @unforce = 1 AND EXISTS (
    SELECT 1 FROM sys.query_store_plan WHERE query_id = @queryId AND plan_id = @planId AND is_forced_plan = 1)
    EXEC sys.sp_query_store_unforce_plan @query_id = @queryId, @plan_id = @planId;
  UPDATE mcms.PlanForcing SET endedAt = SYSUTCDATETIME(), outcome = @outcome WHERE seq = @seq;
END
GO

IF DATABASE_PRINCIPAL_ID(N'mcms_app') IS NOT NULL
BEGIN
  GRANT EXECUTE ON mcms.ReadPlanTuning TO mcms_app;
  GRANT EXECUTE ON mcms.ListPlanRecommendations TO mcms_app;
  GRANT EXECUTE ON mcms.ListPlanRuntimes TO mcms_app;
  GRANT EXECUTE ON mcms.ListPlanForcings TO mcms_app;
  GRANT EXECUTE ON mcms.ReadQueryText TO mcms_app;
  GRANT EXECUTE ON mcms.ForceQueryPlan TO mcms_app;
  GRANT EXECUTE ON mcms.EndPlanForcing TO mcms_app;
END
GO
