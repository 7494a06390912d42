import * as df from 'durable-functions';
import type { AppDeps } from '../deps.ts';
import { registerCamCommandActivities } from './cam-command-activities.ts';
import { RUN_CAM_COMMAND } from './names.ts';
import { runCamCommand } from './run-cam-command.ts';

/** The orchestration of CAM commands and its activities. */
export function registerOrchestrations(deps: AppDeps): void {
  df.app.orchestration(RUN_CAM_COMMAND, runCamCommand);
  registerCamCommandActivities(deps);
}
