/** Raised with every change of the tables. */
export const schemaVersion = 1;

/**
 * `instance.seq` names one execution for good: a start over a finished instance gets a new one, so that nothing late can reach it.
 * An `activity` or `timer` row is work that was promised and has not been answered; `inbox` holds events that no turn has seen.
 */
export const schema = `
CREATE TABLE instance (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  instance_id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  status TEXT NOT NULL,
  input TEXT,
  output TEXT,
  custom_status TEXT,
  generation INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE history (
  instance INTEGER NOT NULL REFERENCES instance (seq) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  type INTEGER NOT NULL,
  ref INTEGER,
  name TEXT,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (instance, position)
) STRICT;
CREATE TABLE inbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  instance INTEGER NOT NULL REFERENCES instance (seq) ON DELETE CASCADE,
  type INTEGER NOT NULL,
  ref INTEGER,
  name TEXT,
  at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX inbox_by_instance ON inbox (instance, seq);
CREATE TABLE activity (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  instance INTEGER NOT NULL REFERENCES instance (seq) ON DELETE CASCADE,
  task_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  input TEXT NOT NULL
) STRICT;
CREATE INDEX activity_by_instance ON activity (instance);
CREATE TABLE timer (
  instance INTEGER NOT NULL REFERENCES instance (seq) ON DELETE CASCADE,
  timer_id INTEGER NOT NULL,
  fire_at INTEGER NOT NULL,
  PRIMARY KEY (instance, timer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_by_due ON timer (fire_at);
PRAGMA user_version = ${schemaVersion};
`;
