-- Indexes for the reads of history: a page of newest entries costs the same however long the history is, and the summary per CAM
-- revision is read from an index alone. docs/data.md says which index serves which query.

CREATE INDEX IX_HistoryEntry_itemCode ON mcms.HistoryEntry (itemCode, changedAt, seq);
CREATE INDEX IX_HistoryEntry_changedBy ON mcms.HistoryEntry (changedBy, changedAt, seq);
CREATE INDEX IX_HistoryEntry_changeType ON mcms.HistoryEntry (changeType, changedAt, seq);
CREATE INDEX IX_HistoryEntry_field ON mcms.HistoryEntry (field, changedAt, seq);
CREATE INDEX IX_HistoryEntry_camRevision ON mcms.HistoryEntry (routingId, camRev, itemCode, revisionCode, changedBy, changedAt);
CREATE INDEX IX_HistoryEntry_itemCamRevision ON mcms.HistoryEntry (itemCode, revisionCode, routingId, camRev, changedBy, changedAt);
