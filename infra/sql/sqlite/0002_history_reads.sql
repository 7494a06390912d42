-- Indexes for the reads of history: a page of newest entries costs the same however long the history is, and the summary per CAM
-- revision is read from an index alone. docs/data.md says which index serves which query.

CREATE INDEX IX_HistoryEntry_itemCode ON HistoryEntry (itemCode, changedAt, seq);
CREATE INDEX IX_HistoryEntry_changedBy ON HistoryEntry (changedBy, changedAt, seq);
CREATE INDEX IX_HistoryEntry_changeType ON HistoryEntry (changeType, changedAt, seq);
CREATE INDEX IX_HistoryEntry_field ON HistoryEntry (field, changedAt, seq);
CREATE INDEX IX_HistoryEntry_camRevision ON HistoryEntry (routingId, camRev, itemCode, revisionCode, changedBy, changedAt);
CREATE INDEX IX_HistoryEntry_itemCamRevision ON HistoryEntry (itemCode, revisionCode, routingId, camRev, changedBy, changedAt);

-- What the planner is to assume, as nothing here runs ANALYZE over a long history: without it every first column counts as equally
-- selective, and a page of a routing's entries of one type would be read from all entries of that type.
-- Revised by a later ANALYZE. https://sqlite.org/fileformat2.html#stat1tab
-- Makes the table of statistics; it gathers none.
ANALYZE sqlite_schema;
DELETE FROM sqlite_stat1 WHERE tbl = 'HistoryEntry';
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
  ('HistoryEntry', 'IX_HistoryEntry_changedAt', '1000000 2 1'),
  ('HistoryEntry', 'IX_HistoryEntry_routing', '1000000 2000 2 1'),
  ('HistoryEntry', 'IX_HistoryEntry_item', '1000000 5000 2000 2 1'),
  ('HistoryEntry', 'IX_HistoryEntry_itemCode', '1000000 5000 2 1'),
  ('HistoryEntry', 'IX_HistoryEntry_changedBy', '1000000 50000 2 1'),
  ('HistoryEntry', 'IX_HistoryEntry_changeType', '1000000 60000 2 1'),
  ('HistoryEntry', 'IX_HistoryEntry_field', '1000000 40000 2 1'),
  ('HistoryEntry', 'IX_HistoryEntry_camRevision', '1000000 2000 100 100 100 20 1 noskipscan'),
  ('HistoryEntry', 'IX_HistoryEntry_itemCamRevision', '1000000 5000 2000 1000 100 20 1 noskipscan'),
  ('HistoryEntry', 'sqlite_autoindex_HistoryEntry_1', '1000000 1');
-- Read in by connections that are open.
ANALYZE sqlite_schema;
