import type { Command } from './command.ts';
import { drainCommand, resumeCommand, statusCommand } from './control.ts';
import { checkCommand } from './check.ts';
import { doctorCommand } from './doctor.ts';
import { enrollCommand } from './enroll.ts';
import { rotateCommand } from './rotate.ts';
import { runCommand } from './run.ts';
import { runnerCommand } from './runner.ts';
import { schemaCommand } from './schema.ts';

const ALL: readonly Command[] = [
  runCommand,
  runnerCommand,
  statusCommand,
  drainCommand,
  resumeCommand,
  checkCommand,
  doctorCommand,
  enrollCommand,
  rotateCommand,
  schemaCommand,
];

export const COMMANDS: ReadonlyMap<string, Command> = new Map(ALL.map((command) => [command.name, command]));

/** What `cmdhost --help` prints. */
export function usage(): string {
  const width = Math.max(...ALL.map(({ name }) => name.length));
  const lines = ALL.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return ['usage: cmdhost [COMMAND] --config FILE', '', ...lines, ''].join('\n');
}
