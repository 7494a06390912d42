import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * `npm run statements`: runs the tests that work on a database, and writes every statement they send, as each engine gets it, to
 * tests/contract/data/statements.json. The difference to before is what there is to review. Statements that SQL Server alone gets
 * are met where TEST_SQL_CONNECTION names one; without it those of before stay.
 */
const ROOT = resolve(import.meta.dirname, '..');
const CATALOGUE = join(ROOT, 'tests/contract/data/statements.json');
const folder = mkdtempSync(join(tmpdir(), 'mcms-statements-'));
try {
  runTests([
    'functions/',
    'shared/',
    'cli/',
    'tests/integration',
    'tests/contract/data',
    'tests/contract/dead-letters',
  ]);
  const onServer = Boolean(process.env['TEST_SQL_CONNECTION']?.trim());
  if (onServer)
    runTests(['--config', 'jest.sql.config.mjs', 'functions/', 'shared/', 'cli/', 'tests/integration']);
  const statements = new Map(
    readdirSync(folder)
      .flatMap((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as object[])
      .map((statement) => [JSON.stringify(statement), statement]),
  );
  if (!onServer) for (const statement of serverOnly()) statements.set(JSON.stringify(statement), statement);
  const sorted = [...statements.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, statement]) => statement);
  writeFileSync(CATALOGUE, `${JSON.stringify(sorted, null, 2)}\n`);
  console.log(`${sorted.length} statements in ${CATALOGUE}`);
} catch (error) {
  console.error(`statements: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function runTests(args: readonly string[]): void {
  const { status } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(ROOT, 'node_modules/jest/bin/jest.js'),
      ...args,
    ],
    { cwd: ROOT, stdio: 'inherit', env: { ...process.env, MCMS_RECORD_STATEMENTS: folder } },
  );
  if (status !== 0) throw new Error('the tests failed: nothing is recorded');
}

function serverOnly(): object[] {
  const before = JSON.parse(readFileSync(CATALOGUE, 'utf8')) as { readonly sqlite: string | null }[];
  return before.filter(({ sqlite }) => sqlite === null);
}
