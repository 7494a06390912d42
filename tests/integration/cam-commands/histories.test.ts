import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as df from 'durable-functions';
import { RUN_CAM_COMMAND } from '../../../functions/orchestrations/names.ts';
import { runCamCommand } from '../../../functions/orchestrations/run-cam-command.ts';
import { type OrchestrationRig, startRig } from '../../support/orchestration.ts';
import { PATHS, type Path, type PathName } from './paths.ts';
import { type RecordedRun, recordRun } from './recorded-runs.ts';
import { askedBy, replay, turnsOf } from './replays.ts';
import { rowsOf } from './rows.ts';

/**
 * Runs that were recorded once and that every later orchestrator has to replay: on Azure such runs are in flight when a new
 * version is deployed. They stay as they are. A new path gets its file by MCMS_RECORD_HISTORIES=1; files that exist are kept.
 */
const FOLDER = join(import.meta.dirname, 'histories');
/** What version N-1 recorded, and this version. */
const BEFORE = '0.1';
const TODAY = '0.2';
const PATH_NAMES = Object.keys(PATHS) as PathName[];

df.app.orchestration('withAStepMore', function* (context) {
  yield context.df.callActivity('notify');
  return yield* runCamCommand(context);
});
df.app.orchestration('withoutAWait', function* (context) {
  const createTimer = context.df.createTimer.bind(context.df);
  context.df.createTimer = () => createTimer(context.df.currentUtcDateTime);
  context.df.callActivity = (name) => context.df.waitForExternalEvent(name);
  return yield* runCamCommand(context);
});

beforeAll(async () => {
  if (process.env['MCMS_RECORD_HISTORIES'] === undefined) return;
  const folder = join(FOLDER, TODAY);
  mkdirSync(folder, { recursive: true });
  for (const name of PATH_NAMES) {
    if (readdirSync(folder).includes(`${name}.json`)) continue;
    const rig = await startRig(optionsOf(name));
    writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(await recordRun(rig, name), null, 2)}\n`);
    await rig.dispose();
  }
}, 120_000);

it('every path has its recorded run, and the runs of the version before are kept', () => {
  expect(filesOf(TODAY)).toEqual(PATH_NAMES.toSorted());
  expect(filesOf(BEFORE)).toEqual([
    'cancelled-in-backoff',
    'cancelled-while-running',
    'database-outage-and-queue-limit',
    'four-failures',
    'lost-then-stale-result',
    'success-after-retry',
  ]);
});

describe.each([BEFORE, TODAY])('runs recorded by version %s', (version) => {
  let rig: OrchestrationRig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.dispose());
  const names = version === TODAY ? PATH_NAMES : filesOf(version);

  it.each(names)('%s: replays to its end in today’s orchestrator', async (name) => {
    const { outcome } = await replay(RUN_CAM_COMMAND, recorded(version, name));
    expect(outcome).toEqual({ kind: 'completed', output: 'null' });
  });

  it.each(names)('%s: asks in every turn for what it asked for then, and for nothing else', async (name) => {
    const turns = turnsOf(recorded(version, name));
    expect(turns.length).toBeGreaterThan(3);
    for (const [index, { run, asked }] of turns.entries()) {
      const decision = await replay(RUN_CAM_COMMAND, run);
      const kind = index === turns.length - 1 ? 'completed' : 'waiting';
      const decided = { index, kind: decision.outcome.kind, asked: askedBy(decision) };
      // What an activity is given may say more by now: Durable compares kind, name and number.
      if (version === BEFORE) expect(decided).toMatchObject({ index, kind, asked });
      else expect(decided).toEqual({ index, kind, asked });
    }
  });

  it.each(names)('%s: an orchestrator that does something else is caught', async (name) => {
    for (const other of ['withAStepMore', 'withoutAWait']) {
      const { outcome } = await replay(other, recorded(version, name));
      expect(outcome.kind).not.toBe('completed');
    }
  });
});

describe('a path walked today', () => {
  let rig: OrchestrationRig;
  afterEach(() => rig.dispose());

  it.each(PATH_NAMES)('%s: ends as it should, with nothing left behind', async (name) => {
    const { ends, code, run = 1, walk }: Path = PATHS[name];
    rig = await startRig(optionsOf(name));
    const commandId = await walk(rig);
    const { command, attempts, items, outputs, history } = await rowsOf(rig, commandId);
    expect(command).toMatchObject({ status: ends, errorCode: code ?? null, run, nextAttemptAt: null });
    expect(items).toEqual([]);
    expect(outputs).toHaveLength(ends === 'Succeeded' ? 1 : 0);
    expect(attempts.filter(({ status }) => status === 'Succeeded')).toHaveLength(
      ends === 'Succeeded' ? 1 : 0,
    );
    expect(attempts.filter(({ endedAt }) => endedAt === null)).toEqual([]);
    const endings = history.filter((entry) => /^Command(Succeeded|Failed|Cancelled) /.test(entry));
    expect(endings).toHaveLength(run);
    const { runtimeStatus } = await rig.harness.client.getStatus(`${commandId}.r${run}`);
    expect(runtimeStatus).toBe('Completed');
  });
});

function optionsOf(name: PathName): Parameters<typeof startRig>[0] {
  const { types }: Path = PATHS[name];
  return types ? { types } : {};
}

function filesOf(version: string): string[] {
  return readdirSync(join(FOLDER, version))
    .map((file) => file.replace(/[.]json$/, ''))
    .toSorted();
}

function recorded(version: string, name: string): RecordedRun {
  return JSON.parse(readFileSync(join(FOLDER, version, `${name}.json`), 'utf8')) as RecordedRun;
}
