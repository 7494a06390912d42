import type { Queries } from '../data/index.ts';
import { findCommand, isFinal } from './attempts.ts';
import { runOf } from './instance-id.ts';

/** Whether nothing counts any more that this orchestration could be told: its run has ended, or its command is in a later one. */
export async function isRunOver(queries: Queries, instanceId: string): Promise<boolean> {
  const told = runOf(instanceId);
  const command = told && (await findCommand(queries, told.commandId));
  if (!command) return false;
  return command.run > told.run || (command.run === told.run && isFinal(command.status));
}
