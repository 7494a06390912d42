import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import * as df from 'durable-functions';
import { RUN_CAM_COMMAND } from '../../../functions/orchestrations/names.ts';
import { runCamCommand } from '../../../functions/orchestrations/run-cam-command.ts';
import { parseFailure, parseState } from '../../../local/durable-task/actions.ts';
import { type Outcome, decide } from '../../../local/durable-task/decide.ts';
import { type HistoryEvent, eventTypes } from '../../../local/durable-task/history.ts';
import { registeredWorker } from '../../contract/durable-task/worker.ts';
import { type OrchestrationRig, startRig } from '../../support/orchestration.ts';
import { PATHS, type RecordedEvent, type RecordedRun, recordRun } from './recorded-runs.ts';
import { rowsOf } from './rows.ts';

/**
 * Runs that were recorded once and that every later orchestrator has to replay: on Azure such runs are in flight when a new
 * version is deployed. They stay as they are. A new path gets its file by MCMS_RECORD_HISTORIES=1; files that exist are kept.
 */
const FOLDER = join(import.meta.dirname, 'histories', '0.1');
const PATH_NAMES = Object.keys(PATHS) as (keyof typeof PATHS)[];

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

describe('recorded runs', () => {
  let rig: OrchestrationRig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.dispose());

  beforeAll(async () => {
    if (process.env['MCMS_RECORD_HISTORIES'] === undefined) return;
    mkdirSync(FOLDER, { recursive: true });
    for (const path of PATH_NAMES) {
      if (readdirSync(FOLDER).includes(`${path}.json`)) continue;
      const recorder = await startRig();
      writeFileSync(
        join(FOLDER, `${path}.json`),
        `${JSON.stringify(await recordRun(recorder, path), null, 2)}\n`,
      );
      await recorder.dispose();
    }
  });

  it('are there for every main path', () => {
    expect(readdirSync(FOLDER).toSorted()).toEqual(PATH_NAMES.map((path) => `${path}.json`).toSorted());
  });

  it.each(PATH_NAMES)('%s: replays to its end in today’s orchestrator', async (path) => {
    expect(await replay(RUN_CAM_COMMAND, recorded(path))).toEqual({ kind: 'completed', output: 'null' });
  });

  it.each(PATH_NAMES)('%s: an orchestrator that does something else is caught', async (path) => {
    for (const name of ['withAStepMore', 'withoutAWait']) {
      expect((await replay(name, recorded(path))).kind).not.toBe('completed');
    }
  });

  it.each([
    ['success-after-retry', 'Succeeded'],
    ['four-failures', 'Failed'],
    ['lost-then-stale-result', 'Succeeded'],
    ['cancelled-while-running', 'Cancelled'],
    ['cancelled-in-backoff', 'Cancelled'],
    ['database-outage-and-queue-limit', 'Failed'],
  ] as const)('%s: walked today, the command ends %s', async (path, status) => {
    const commandId = await PATHS[path](rig);
    expect((await rowsOf(rig, commandId)).command.status).toBe(status);
  });
});

function recorded(path: keyof typeof PATHS): RecordedRun {
  return JSON.parse(readFileSync(join(FOLDER, `${path}.json`), 'utf8')) as RecordedRun;
}

/** What the orchestrator makes of a history, judged as the backend judges a turn. */
async function replay(name: string, run: RecordedRun): Promise<Outcome> {
  const state = await registeredWorker()
    .runOrchestrator(name, JSON.stringify(run))
    .then(parseState, (error: unknown) =>
      parseFailure(error instanceof Error ? error.message : String(error)),
    );
  return decide(name, run.history.map(toHistoryEvent), state).outcome;
}

function toHistoryEvent(event: RecordedEvent): HistoryEvent {
  const created = event.EventType === eventTypes.taskScheduled || event.EventType === eventTypes.timerCreated;
  return {
    type: event.EventType,
    ref: created ? event.EventId : (event.TaskScheduledId ?? event.TimerId ?? null),
    name: event.Name ?? null,
    at: Date.parse(event.Timestamp),
    body: '',
  };
}
