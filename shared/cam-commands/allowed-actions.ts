import { type Principal, hasAnyRole } from '../auth/index.ts';
import type { CommandRow } from './command-view.ts';

export const commandActions = ['cancel', 'retry', 'retry-now', 'clone'] as const;
export type CommandAction = (typeof commandActions)[number];

type Acted = Pick<CommandRow, 'status' | 'requestedBy'>;
const CANCELLABLE = ['Queued', 'Dispatched', 'Running', 'Retrying'];
const RUN_AGAIN = ['Failed', 'Cancelled'];

/** What a state lets be done, whoever asks. `retry` and `retry-now` are the same call, of an ended and of a waiting command. */
function fittingActions({ status }: Acted): readonly CommandAction[] {
  const actions: CommandAction[] = [];
  if (CANCELLABLE.includes(status)) actions.push('cancel');
  if (RUN_AGAIN.includes(status)) actions.push('retry');
  if (status === 'Retrying') actions.push('retry-now');
  return [...actions, 'clone'];
}

/** What the caller may do to a command as it stands; nothing when nobody is named. */
export function allowedActions(command: Acted, viewer: Principal | undefined): CommandAction[] {
  if (!viewer) return [];
  return fittingActions(command).filter((action) => isAllowed(action, command, viewer));
}

function isAllowed(action: CommandAction, command: Acted, viewer: Principal): boolean {
  switch (action) {
    case 'cancel':
      return mayCancel(command, viewer);
    case 'clone':
      return hasAnyRole(viewer, ['Mcms.Engineer']);
    case 'retry':
    case 'retry-now':
      return hasAnyRole(viewer, ['Mcms.Operator']);
  }
}

/** Engineers cancel what they ordered, operators anything. */
export function mayCancel({ requestedBy }: Acted, viewer: Principal): boolean {
  if (hasAnyRole(viewer, ['Mcms.Operator'])) return true;
  return hasAnyRole(viewer, ['Mcms.Engineer']) && requestedBy === recordedName(viewer);
}

const MAX_NAME_LENGTH = 200;

/** A caller's name as the tables keep it. */
export function recordedName({ name }: Pick<Principal, 'name'>): string {
  return name.slice(0, MAX_NAME_LENGTH);
}
