import { beforeAll, describe } from '@jest/globals';
import { openTestDatabase } from '../support/database.ts';
import { isBabelfish, serverConnection } from '../support/sql-server-databases.ts';
import { conformance } from './suites/conformance.ts';
import { BABELFISH, type EngineFacts, SQL_SERVER } from './suites/engine.ts';

let facts: EngineFacts;
beforeAll(async () => {
  const server = await openTestDatabase(serverConnection());
  facts = (await isBabelfish(server)) ? BABELFISH : SQL_SERVER;
});

describe('the data layer on SQL Server', () => {
  conformance({ facts: () => facts });
});
