-- The work queue in lanes: what an item wants (CamWorkLane), who asked for it, and whose turn it is among people of one application
-- and priority.
-- Items that version 0.1 puts in have laneId 0, nobody's name and turn 0: they go by their application alone.
ALTER TABLE CamWorkItem ADD COLUMN laneId INTEGER NOT NULL DEFAULT 0;
ALTER TABLE CamWorkItem ADD COLUMN requestedBy TEXT NOT NULL DEFAULT '';
ALTER TABLE CamWorkItem ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
CREATE INDEX IX_CamWorkItem_lane ON CamWorkItem (state, laneId, priority DESC, turn, seq);
CREATE INDEX IX_CamWorkItem_person ON CamWorkItem (state, application, requestedBy, priority, turn DESC);
CREATE INDEX IX_CamWorkItem_turn ON CamWorkItem (state, application, priority, turn);
