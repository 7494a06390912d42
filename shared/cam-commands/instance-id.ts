/** The orchestration of a command's run. */
export function instanceIdOf(command: { readonly commandId: string; readonly run: number }): string {
  return `${command.commandId}.r${command.run}`;
}
