import { actionsOfCommand } from '../operator-actions/index.ts';
import { requireCommand } from './attempts.ts';
import { type CommandServiceDeps, readCommand } from './command-service.ts';
import type { CommandRow } from './command-view.ts';
import { assembleTimeline } from './timeline.ts';
import type { CommandTimeline } from './timeline-view.ts';

/**
 * What happened to a command so far.
 * @throws {CamCommandError} `command-not-found`.
 */
export async function readTimeline(deps: CommandServiceDeps, commandId: string): Promise<CommandTimeline> {
  const now = deps.clock.now();
  const command = await readCommand(deps, commandId);
  const row = await requireCommand(deps.database.read, commandId);
  const actions = await actionsOfCommand(deps, commandId);
  return {
    commandId,
    status: command.status,
    asOf: now.toISOString(),
    entries: assembleTimeline({ command, actions, cancel: cancelOf(row), now }),
  };
}

function cancelOf({ cancelRequestedAt: at, cancelRequestedBy: by, cancelReason: reason }: CommandRow) {
  return at === null ? undefined : { at, by: by ?? '', reason };
}
