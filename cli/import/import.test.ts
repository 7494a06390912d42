import { createTestDatabase } from '../../tests/support/database.ts';
import { describeImports } from '../../tests/support/import-suite.ts';

describeImports('a database', createTestDatabase);
