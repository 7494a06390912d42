import { createTestDatabase } from '../../tests/support/database.ts';
import { describeImports } from '../../tests/support/import-suite.ts';

describeImports('SQLite', async () => {
  const { database, path } = await createTestDatabase();
  return { database, connection: `sqlite:${path}` };
});
