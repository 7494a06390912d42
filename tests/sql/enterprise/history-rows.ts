/** As many entries as several row groups: changes of 400 routings by 40 people over two years, eight entries of a trace at a time. */
export const HISTORY_ROWS = 400_000;

/** T-SQL that adds them, in order of time. Ids are random; everything else repeats as it does in a shop. */
export const INSERT_HISTORY = `
  WITH digits AS (SELECT n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d (n)),
  numbers AS (
    SELECT TOP (${HISTORY_ROWS}) a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 + f.n * 100000 AS n
    FROM digits AS a, digits AS b, digits AS c, digits AS d, digits AS e, digits AS f
    WHERE f.n < 4
    ORDER BY f.n, e.n, d.n, c.n, b.n, a.n
  )
  INSERT INTO mcms.HistoryEntry WITH (TABLOCK) (
    historyId, itemCode, revisionCode, routingId, camRev, changeType, field, previousValue, currentValue, changedAt, changedBy, actorKind,
    comment, traceId)
  SELECT
    NEWID(),
    CONCAT(N'PART-', RIGHT(CONCAT(N'0000', r.routing), 5)),
    CONCAT(N'R', r.routing % 4),
    CONVERT(uniqueidentifier, HASHBYTES('MD5', CONCAT('routing ', r.routing))),
    1 + n / 4000,
    CASE n % 5 WHEN 0 THEN N'StepChanged' WHEN 1 THEN N'RoutingChanged' WHEN 2 THEN N'FileReplaced' WHEN 3 THEN N'CommandSucceeded' ELSE N'StatusChanged' END,
    CASE n % 5 WHEN 0 THEN N'processDescription' WHEN 1 THEN N'machine' WHEN 2 THEN N'fileName' WHEN 3 THEN N'commandType' ELSE N'status' END,
    CONCAT(N'Roughing pass, tool T', n % 60, N', feed ', n % 17 * 50, N' mm/min, allowance 0.', n % 5),
    CONCAT(N'Roughing pass, tool T', (n + 1) % 60, N', feed ', (n + 1) % 17 * 50, N' mm/min, allowance 0.', (n + 1) % 5),
    DATEADD(second, n * 150, CONVERT(datetime2(3), '2024-01-01')),
    CONCAT(N'engineer', n / 8 % 40, N'@shop.example'),
    N'user',
    CASE WHEN n % 50 = 0 THEN N'as agreed with the floor' END,
    LOWER(REPLACE(CONVERT(nvarchar(36), CONVERT(uniqueidentifier, HASHBYTES('MD5', CONCAT('trace ', n / 8)))), '-', ''))
  FROM numbers
  CROSS APPLY (SELECT n / 8 % 400 AS routing) AS r
  ORDER BY n`;

/** The same rows as a plain table has them. */
export const COPY_TO_ROWSTORE = `
  SELECT * INTO dbo.HistoryRowstore FROM mcms.HistoryEntry;
  ALTER TABLE dbo.HistoryRowstore ADD CONSTRAINT PK_HistoryRowstore PRIMARY KEY CLUSTERED (seq);`;

/** How much was changed in each CAM revision in a year: reads two columns of half the rows. One thread on either side. */
export function analyticQuery(table: string): string {
  return `
    DECLARE @revisions int;
    SELECT @revisions = COUNT(*) FROM (
      SELECT camRev, COUNT(*) AS changes, MIN(changedAt) AS firstChange, MAX(changedAt) AS lastChange
      FROM ${table}
      WHERE changedAt >= '2024-06-01' AND changedAt < '2025-06-01'
      GROUP BY camRev
    ) AS counted
    OPTION (MAXDOP 1)`;
}
