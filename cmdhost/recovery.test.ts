import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { resultMessage } from '../shared/cam-commands/contracts.ts';
import { createLogger, withLogSink } from '../shared/telemetry/index.ts';
import { type JournalEntry, openJournal } from './journal.ts';
import { decideRecovery, recover } from './recovery.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const entry: JournalEntry = {
  commandId: '6f9619ff-8b86-4d01-b42d-00cf4fc964ff',
  attemptId: '6f9619ff-8b86-4d01-b42d-00cf4fc96400',
  run: 2,
  attempt: 3,
  fence: 5,
  state: 'claimed',
  traceparent: undefined,
  startedAt: undefined,
  process: undefined,
};

describe('what a restarted agent does about an unfinished attempt', () => {
  it('reports one lost that was not seen to start', () => {
    const step = decideRecovery(entry, 'WS-01', now);
    expect(step.kill).toBeUndefined();
    expect(resultMessage.parse(step.result)).toMatchObject({
      kind: 'lost',
      run: 2,
      attempt: 3,
      fence: 5,
      startedAt: null,
      endedAt: '2026-11-23T09:00:00.000Z',
      error: { code: 'AGENT_CRASHED', retryable: true },
    });
  });

  it('also ends the adapter of one that was started', () => {
    const process = { pid: 4711, identity: 'boot 1' };
    const startedAt = '2026-11-23T08:59:00.000Z';
    const step = decideRecovery({ ...entry, state: 'started', startedAt, process }, 'WS-01', now);
    expect(step.kill).toEqual(process);
    expect(step.result).toMatchObject({ kind: 'lost', startedAt });
  });

  it('lets none end before it began, when the clock was set back meanwhile', () => {
    const startedAt = '2026-11-23T09:10:00.000Z';
    expect(decideRecovery({ ...entry, state: 'started', startedAt }, 'WS-01', now).result).toMatchObject({
      startedAt,
      endedAt: startedAt,
    });
  });
});

describe('an agent that finds unfinished attempts', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcms-recovery-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('starts and reports each lost, also when the system does not answer about one', async () => {
    const clock = { now: () => now };
    const journal = openJournal(folder, clock);
    const lines: string[] = [];
    for (const pid of [1, 2]) {
      const attemptId = entry.attemptId.replace(/.$/, String(pid));
      journal.claimed({ ...entry, attemptId }, undefined);
      journal.started(attemptId, { pid, identity: 'x' }, now.toISOString());
    }
    await withLogSink(
      (level, line) => void lines.push(`${level} ${line}`),
      async () =>
        recover({
          journal,
          workstation: 'WS-01',
          clock,
          log: createLogger('test'),
          end: async ({ pid }) => {
            if (pid === 1) throw new Error('powershell.exe takes too long');
            return 'killed';
          },
        }),
    );
    expect(journal.unsent().map(({ result }) => result.kind)).toEqual(['lost', 'lost']);
    expect(journal.unfinished()).toEqual([]);
    journal.close();
    expect(lines.filter((line) => line.startsWith('error'))).toEqual([
      expect.stringContaining('powershell.exe takes too long'),
    ]);
    expect(lines.join('\n')).toMatch(/"adapter":"unknown"[^]*"adapter":"killed"/);
  });
});
