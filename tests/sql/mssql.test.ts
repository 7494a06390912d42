import { beforeAll, describe } from '@jest/globals';
import { createTestDatabase } from '../support/database.ts';
import { isBabelfish } from '../support/sql-server-databases.ts';
import { conformance } from './suites/conformance.ts';
import { BABELFISH, type EngineFacts, SQL_SERVER } from './suites/engine.ts';

let facts: EngineFacts;
beforeAll(async () => {
  const { database } = await createTestDatabase();
  facts = (await isBabelfish(database)) ? BABELFISH : SQL_SERVER;
});

describe('the data layer on SQL Server', () => {
  conformance({ facts: () => facts });
});
