import { RUN_CAM_COMMAND } from '../../../functions/orchestrations/names.ts';
import type { OrchestrationRig } from '../../support/orchestration.ts';
import { PATHS, type Path, type PathName } from './paths.ts';

/** What the library gives an orchestrator for one turn: for a finished run, its whole history. */
export interface RecordedRun {
  readonly history: readonly RecordedEvent[];
  readonly input: unknown;
  readonly instanceId: string;
}

/** One event in the library's own form (`lib/src/history/HistoryEvent.js`). */
export interface RecordedEvent {
  readonly EventType: number;
  readonly EventId: number;
  readonly Timestamp: string;
  readonly Name?: string;
  readonly TaskScheduledId?: number;
  readonly TimerId?: number;
  /** Of an activity that was scheduled. */
  readonly Input?: string;
  /** Of a timer. */
  readonly FireAt?: string;
}

/** Walks a path and returns what its orchestrator saw in the last turn of the run that the path is about. */
export async function recordRun(rig: OrchestrationRig, name: PathName): Promise<RecordedRun> {
  const { walk, run = 1 }: Path = PATHS[name];
  let last: RecordedRun | undefined;
  rig.onCall = (called, turn) => {
    if (called !== RUN_CAM_COMMAND) return;
    // Copied, as the library goes on to work with the object.
    const copy = JSON.parse(JSON.stringify(turn)) as RecordedRun;
    if (copy.instanceId.endsWith(`.r${run}`)) last = copy;
  };
  await walk(rig);
  if (!last) throw new Error('the orchestrator never ran');
  return last;
}
