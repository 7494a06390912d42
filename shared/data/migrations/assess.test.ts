import { describe, expect, it } from '@jest/globals';
import type { Capability } from '../capabilities.ts';
import { assess } from './assess.ts';
import type { JournalRow } from './migration.ts';
import { parseMigration, progressChecksum } from './read.ts';

const core = parseMigration('0001_core.sql', 'A;');
const memory = parseMigration('0002_memory.sql', '-- requires: in-memory-oltp\nB;');
const steps = parseMigration('0003_steps.sql', '-- transaction: none\nC;\nGO\nD;\nGO\nE;');
const last = parseMigration('0004_last.sql', 'F;');

const can = (available: boolean): Capability[] => [{ name: 'in-memory-oltp', available, detail: 'tier P1' }];

function row(file: { name: string; checksum: string }, change: Partial<JournalRow> = {}): JournalRow {
  const { name, checksum } = file;
  const appliedAt = '2026-01-01T00:00:00.000Z';
  return { name, checksum, state: 'applied', batchesDone: 1, appliedAt, durationMs: 5, ...change };
}

const short = (...args: Parameters<typeof assess>) =>
  assess(...args).map(({ name, state }) => `${name} ${state}`);

describe('how files stand towards a database', () => {
  it('all are pending on an empty one, but for what it cannot do', () => {
    expect(short([core, memory, steps], [], can(false))).toEqual([
      '0001_core.sql pending',
      '0002_memory.sql deferred',
      '0003_steps.sql pending',
    ]);
    expect(short([core, memory], [], can(true))).toEqual([
      '0001_core.sql pending',
      '0002_memory.sql pending',
    ]);
  });

  it('a deferred one says what is lacking', () => {
    expect(assess([memory], [], can(false))).toMatchObject([{ reason: 'needs in-memory-oltp: tier P1' }]);
    expect(assess([memory], [], [])).toMatchObject([
      { reason: 'needs in-memory-oltp: this engine does not have it' },
    ]);
  });

  it('a deferred one is pending as soon as it is possible, though later ones are applied', () => {
    const journal = [row(core), row(memory, { state: 'deferred' }), row(last)];
    expect(short([core, memory, last], journal, can(true))).toEqual([
      '0001_core.sql applied',
      '0002_memory.sql pending',
      '0004_last.sql applied',
    ]);
  });

  it('a deferred one may have been edited: nobody has run it here', () => {
    const journal = [row(memory, { state: 'deferred', checksum: 'other' })];
    expect(short([memory], journal, can(true))).toEqual(['0002_memory.sql pending']);
  });

  it('one that a later file replaces is never applied, unless it was', () => {
    const plain = parseMigration('0005_plain.sql', '-- replaces: 0002_memory.sql\nG;');
    const files = [core, memory, plain];
    expect(short(files, [row(core), row(memory, { state: 'deferred' })], can(true))).toEqual([
      '0001_core.sql applied',
      '0002_memory.sql replaced',
      '0005_plain.sql pending',
    ]);
    expect(short(files, [row(core), row(memory)], can(true))[1]).toBe('0002_memory.sql applied');
    expect(short(files, [row(core), row(plain)], can(true))[1]).toBe('0002_memory.sql replaced');
  });

  it('one that is under way may change what has not run, and nothing else', () => {
    const begun = row(steps, { state: 'started', batchesDone: 1, checksum: progressChecksum(steps, 1) });
    const mended = parseMigration(steps.name, '-- transaction: none\nC;\nGO\nmended;\nGO\nE;');
    const spoilt = parseMigration(steps.name, '-- transaction: none\nother;\nGO\nD;\nGO\nE;');
    expect(short([steps], [begun], [])).toEqual(['0003_steps.sql started']);
    expect(short([mended], [begun], [])).toEqual(['0003_steps.sql started']);
    expect(assess([spoilt], [begun], [])).toMatchObject([
      { state: 'changed', advice: expect.stringContaining('changed in the 1 batches that have run') },
    ]);
  });

  it('one that was edited after it was applied keeps runs from beginning', () => {
    expect(assess([core], [row(core, { checksum: 'other' })], [])).toMatchObject([
      {
        state: 'changed',
        advice: expect.stringMatching(/^0001_core\.sql was changed after it was applied: put it back/),
      },
    ]);
  });

  it('one that is gone is missing when later ones are there, and of a later version otherwise', () => {
    const journal = [row(core), row(steps), row(last)];
    expect(short([core, last], journal, [])).toEqual([
      '0001_core.sql applied',
      '0003_steps.sql missing',
      '0004_last.sql applied',
    ]);
    expect(short([core, steps], journal, [])[2]).toBe('0004_last.sql newer');
  });

  it('one put in before an applied one is refused', () => {
    expect(assess([core, steps, last], [row(core), row(last)], [])[1]).toMatchObject({
      state: 'inserted',
      advice:
        '0003_steps.sql comes before 0004_last.sql, which was applied already: give it a number after that',
    });
  });

  it('one put in between deferred ones is not', () => {
    const journal = [row(core), row(memory, { state: 'deferred' }), row(last, { state: 'deferred' })];
    expect(short([core, memory, steps, last], journal, can(false))[2]).toBe('0003_steps.sql pending');
  });
});
