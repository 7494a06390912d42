/** The orchestration of a command's run. */
export function instanceIdOf(command: { readonly commandId: string; readonly run: number }): string {
  return `${command.commandId}.r${command.run}`;
}

/** The run that an orchestration is of; undefined for a name that `instanceIdOf` did not make. */
export function runOf(instanceId: string): { readonly commandId: string; readonly run: number } | undefined {
  const [, commandId, run] = /^(.+)\.r(\d+)$/.exec(instanceId) ?? [];
  return commandId === undefined ? undefined : { commandId, run: Number(run) };
}
