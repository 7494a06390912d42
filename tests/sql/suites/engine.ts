import type { Database } from '../../../shared/data/index.ts';
import { createTestDatabase, openTestDatabase } from '../../support/database.ts';

/**
 * What an engine does otherwise than another: the suites check every one of these, so that a difference is known and not met by
 * surprise. Everything else they check is the same on all.
 */
export interface EngineFacts {
  /**
   * `'x' = 'x '`, for unique keys too. SQL pads the shorter text before it compares:
   * https://learn.microsoft.com/sql/t-sql/language-elements/string-comparison-assignment
   */
  readonly ignoresSpacesAtEnd: boolean;
  /**
   * What texts are ordered by. SQL Server's BIN2 collations compare UTF-16 units, so that characters beyond U+FFFF come before
   * U+E000; the bytes of UTF-8 have the order of the code points.
   */
  readonly textOrder: 'code-point' | 'utf-16-unit';
  /** Letters that a search by `q` takes for the same in either case: `lower()` of SQLite knows no other. */
  readonly foldsCaseOf: 'ascii' | 'all-letters';
  /**
   * SQLite has one writer: transactions follow one another. On SQL Server two may read the same row before either writes, so a
   * transaction that must not lose another's change writes before it reads, or names the version it read.
   */
  readonly transactionsOverlap: boolean;
  /**
   * After a statement that failed SQLite goes on with the transaction; SQL Server has rolled it back (XACT_ABORT), and whoever goes on
   * gets an error.
   */
  readonly survivesFailedStatement: boolean;
  /** `real` has 24 bits on SQL Server, 53 on SQLite. */
  readonly realBits: 24 | 53;
}

export const SQLITE: EngineFacts = {
  ignoresSpacesAtEnd: false,
  textOrder: 'code-point',
  foldsCaseOf: 'ascii',
  transactionsOverlap: false,
  survivesFailedStatement: true,
  realBits: 53,
};

export const SQL_SERVER: EngineFacts = {
  ignoresSpacesAtEnd: true,
  textOrder: 'utf-16-unit',
  foldsCaseOf: 'all-letters',
  transactionsOverlap: true,
  survivesFailedStatement: false,
  realBits: 24,
};

/** Babelfish keeps texts in UTF-8 and compares them by the bytes; `lower()` of such a text knows ASCII alone. */
export const BABELFISH: EngineFacts = { ...SQL_SERVER, textOrder: 'code-point', foldsCaseOf: 'ascii' };

/** An engine under test. The facts are asked for inside of tests, when the server has answered. */
export interface Engine {
  readonly facts: () => EngineFacts;
}

/** One database as two processes have it open. */
export interface Pair {
  readonly database: Database;
  readonly other: Database;
}

/** A database that is empty. */
export async function openPair(): Promise<Pair> {
  const { connection } = await createTestDatabase();
  return { database: await openTestDatabase(connection), other: await openTestDatabase(connection) };
}
