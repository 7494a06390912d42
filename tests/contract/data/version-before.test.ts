import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTestDatabase } from '../../support/database.ts';

/** Every statement that version 0.1 sends to SQLite, lists and repeated rows shortened to one element. */
const statements = JSON.parse(
  readFileSync('tests/contract/data/statements-0.1.json', 'utf8'),
) as readonly string[];
const inserts = statements.filter((statement) => statement.startsWith('insert into'));

let database: DatabaseSync;
beforeAll(async () => {
  database = new DatabaseSync((await createTestDatabase()).path);
});
afterAll(() => database.close());

/** Expand, then contract: going back from a bad version means running the one before on the schema as it is now. */
describe('the schema still serves the version before', () => {
  it('prepares each of its statements', () => {
    const refused = statements.flatMap((statement) => {
      try {
        database.prepare(statement);
        return [];
      } catch (error) {
        return [`${String(error)}: ${statement}`];
      }
    });
    expect(refused).toEqual([]);
    expect(statements.length).toBeGreaterThan(200);
  });

  it('takes each of its inserts: no column asks for a value that it does not give', () => {
    database.exec('PRAGMA foreign_keys = OFF; BEGIN');
    const changed = inserts.map((statement, index) => {
      const prepared = database.prepare(statement);
      const values = [...statement.matchAll(/\?/g)].map((_match, position) => `${index}.${position}`);
      return Number(prepared.run(...values).changes);
    });
    database.exec('ROLLBACK');
    expect(changed).toEqual(inserts.map(() => 1));
    expect(new Set(inserts.map((statement) => /^insert into "(\w+)"/.exec(statement)?.[1])).size).toBe(16);
  });
});
