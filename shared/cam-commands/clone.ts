import type { Principal } from '../auth/index.ts';
import { requireCommand } from './attempts.ts';
import { type OrderDeps, type Ordered, orderCommand } from './order.ts';

export interface CloneRequest {
  readonly commandId: string;
  /** Takes the place of all parameters of the original; its parameters when left out. */
  readonly parameters?: Record<string, unknown> | undefined;
  /** The original's when left out. */
  readonly priority?: number | undefined;
  /** At once when left out: the original's time is past. */
  readonly notBefore?: Date | undefined;
  /** The original's when left out. */
  readonly camRev?: number | undefined;
  readonly reason?: string | undefined;
  readonly principal: Principal;
  /** Id of the clone, so that a repeated request finds it; a new one when left out. */
  readonly newCommandId?: string | undefined;
}

/**
 * Orders a new command like another one, linked to it. Parameters are not merged: what is sent is what runs.
 * @throws {CamCommandError} `command-not-found`, and what `orderCommand` throws.
 */
export async function cloneCommand(deps: OrderDeps, request: CloneRequest): Promise<Ordered> {
  const original = await requireCommand(deps.database.read, request.commandId);
  return orderCommand(deps, {
    routingId: original.routingId,
    application: original.application,
    commandType: original.commandType,
    parameters: request.parameters ?? (JSON.parse(original.parameters) as Record<string, unknown>),
    priority: request.priority ?? original.priority,
    notBefore: request.notBefore,
    camRev: request.camRev ?? original.camRev,
    requestedBy: request.principal.name,
    requestedByKind: request.principal.kind,
    commandId: request.newCommandId,
    clonedFromId: original.commandId,
    reason: request.reason,
  });
}
