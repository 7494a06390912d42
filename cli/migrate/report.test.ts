import { describe, expect, it } from '@jest/globals';
import type { FileState, MigrationStatus } from '../../shared/data/migrate.ts';
import { parseMigration } from '../../shared/data/migrations/read.ts';
import { UsageError, readArguments } from './arguments.ts';
import { dryRunLines, isRefused, reportLines, statusLines, stepLine } from './report.ts';

const steps = parseMigration('0003_steps.sql', '-- transaction: none\nC;\nGO\nD;\nGO\nE;');
const core = parseMigration('0004_core.sql', 'F;');
const memory = parseMigration('0005_memory.sql', '-- requires: in-memory-oltp\nG;');
const appliedAt = '2026-01-01T00:00:00.000Z';
const row = {
  name: steps.name,
  checksum: '',
  state: 'started',
  batchesDone: 1,
  appliedAt,
  durationMs: null,
} as const;

const files: FileState[] = [
  { name: '0001_old.sql', state: 'applied', appliedAt, durationMs: null },
  { name: '0002_new.sql', state: 'applied', appliedAt, durationMs: 61_500 },
  { name: steps.name, state: 'started', file: steps, row },
  { name: core.name, state: 'pending', file: core, row: undefined },
  {
    name: memory.name,
    state: 'deferred',
    file: memory,
    row: undefined,
    reason: 'needs in-memory-oltp: tier S3',
  },
  { name: '0006_was.sql', state: 'replaced', by: '0007_is.sql' },
  { name: '0008_later.sql', state: 'newer' },
];
const status: MigrationStatus = {
  engine: 'Azure SQL Database, Standard, S3',
  capabilities: [
    { name: 'columnstore', available: true, detail: 'in tier Standard, S3' },
    { name: 'in-memory-oltp', available: false, detail: 'not in tier Standard' },
  ],
  files,
};

describe('what npm run migrate prints', () => {
  it('as status', () => {
    expect(statusLines(status)).toEqual([
      'engine        Azure SQL Database, Standard, S3',
      'capabilities',
      '  yes  columnstore            in tier Standard, S3',
      '  no   in-memory-oltp         not in tier Standard',
      'files',
      '  applied   0001_old.sql  2026-01-01T00:00:00.000Z',
      '  applied   0002_new.sql  2026-01-01T00:00:00.000Z, 62 s',
      '  started   0003_steps.sql  at batch 2 of 3',
      '  pending   0004_core.sql',
      '  deferred  0005_memory.sql  needs in-memory-oltp: tier S3',
      '  replaced  0006_was.sql  by 0007_is.sql',
      '  newer     0008_later.sql',
    ]);
  });

  it('as dry run: what is left, batch by batch', () => {
    expect(dryRunLines(status).join('\n')).toBe(
      [
        '-- 0003_steps.sql, batch by batch, in no transaction',
        '-- batch 2 of 3\nD;\nGO\n',
        '-- batch 3 of 3\nE;\nGO\n',
        '-- 0004_core.sql, in one transaction',
        '-- batch 1 of 1\nF;\nGO\n',
        '-- deferred: 0005_memory.sql  needs in-memory-oltp: tier S3',
        '-- Azure SQL Database, Standard, S3: 2 to apply, nothing was executed',
      ].join('\n'),
    );
  });

  it('of a run, file by file and at the end', () => {
    expect(stepLine({ kind: 'applied', name: core.name, durationMs: 1234 })).toBe(
      'applied   0004_core.sql  1.23 s',
    );
    expect(stepLine({ kind: 'deferred', name: memory.name, reason: 'why' })).toBe(
      'deferred  0005_memory.sql  why',
    );
    expect(
      reportLines({
        engine: 'SQLite 3',
        applied: ['a'],
        deferred: ['b'],
        alreadyThere: ['c', 'd'],
        newer: ['e'],
      }),
    ).toEqual([
      'migrate: SQLite 3: 1 applied, 2 were there, 1 deferred (--status tells why), 1 of a later version',
    ]);
  });

  it('tells a refusal from what is merely pending', () => {
    expect(isRefused(status)).toBe(false);
    expect(isRefused({ ...status, files: [{ name: 'x', state: 'missing', advice: 'put it back' }] })).toBe(
      true,
    );
  });
});

describe('its arguments', () => {
  it.each([
    [[], 'run'],
    [['--status'], 'status'],
    [['--dry-run'], 'dry-run'],
    [['-h'], 'help'],
  ])('%j mean %s', (args, mode) => {
    expect(readArguments(args)).toBe(mode);
  });

  it.each([[['--bogus']], [['file.sql']], [['--status', '--dry-run']]])('%j are wrong usage', (args) => {
    expect(() => readArguments(args)).toThrow(UsageError);
  });
});
