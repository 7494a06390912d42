-- Who may do what in the database. Users become members (`ALTER ROLE mcms_app ADD MEMBER …`); nobody gets rights by name. May run again.
-- A later file that makes a table or procedure grants what the app needs of it.

IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'mcms_app') CREATE ROLE mcms_app;
IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'mcms_reader') CREATE ROLE mcms_reader;
IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = N'mcms_migrator') CREATE ROLE mcms_migrator;
GO

-- The app: rows, no definitions. History is append-only for it: what moves old entries is a procedure of the schema's owner.
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.Item TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.ItemRevision TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.Routing TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CamRevision TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.RoutingStep TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.StoredFile TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.RoutingFile TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.UploadSession TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CamCommand TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CamCommandAttempt TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CamCommandOutput TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CamWorkItem TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.Workstation TO mcms_app;
GRANT SELECT, INSERT ON mcms.HistoryEntry TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.Outbox TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.IdempotencyKey TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.CommitMarker TO mcms_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON mcms.ImportRun TO mcms_app;
GRANT SELECT ON mcms.HistoryArchive TO mcms_app;
GRANT SELECT ON dbo.McmsCapability TO mcms_app;
GRANT EXECUTE ON SCHEMA::mcms TO mcms_app;
GO

-- People and reports: what the shop has done. Not `Outbox` and `IdempotencyKey`: messages and answers may carry links to files.
GRANT SELECT ON mcms.Item TO mcms_reader;
GRANT SELECT ON mcms.ItemRevision TO mcms_reader;
GRANT SELECT ON mcms.Routing TO mcms_reader;
GRANT SELECT ON mcms.CamRevision TO mcms_reader;
GRANT SELECT ON mcms.RoutingStep TO mcms_reader;
GRANT SELECT ON mcms.StoredFile TO mcms_reader;
GRANT SELECT ON mcms.RoutingFile TO mcms_reader;
GRANT SELECT ON mcms.UploadSession TO mcms_reader;
GRANT SELECT ON mcms.CamCommand TO mcms_reader;
GRANT SELECT ON mcms.CamCommandAttempt TO mcms_reader;
GRANT SELECT ON mcms.CamCommandOutput TO mcms_reader;
GRANT SELECT ON mcms.CamWorkItem TO mcms_reader;
GRANT SELECT ON mcms.Workstation TO mcms_reader;
GRANT SELECT ON mcms.HistoryEntry TO mcms_reader;
GRANT SELECT ON mcms.HistoryArchive TO mcms_reader;
GRANT SELECT ON mcms.ImportRun TO mcms_reader;
GRANT SELECT ON dbo.McmsCapability TO mcms_reader;
GRANT SELECT ON dbo.McmsSchemaMigration TO mcms_reader;
GO

-- Migrations, as an identity of this database alone. They make procedures that run as the owner of the schema, set options of the
-- database and give rights away: that is control of the database, and a shorter list would only hide it. Babelfish has no such grant.
IF SERVERPROPERTY('Babelfish') IS NULL EXEC (N'GRANT CONTROL TO mcms_migrator');
GO
