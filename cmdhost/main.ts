import { COMMANDS, usage } from './commands/index.ts';

// The workstation agent. `main.ts [COMMAND] --config FILE`; without a command it runs the agent. See docs/cmdhost.md.

async function main(args: readonly string[]): Promise<void> {
  const [first = '', ...rest] = args;
  if (['help', '--help', '-h'].includes(first)) {
    process.stdout.write(usage());
    return;
  }
  const named = COMMANDS.get(first);
  if (named) return named.run(rest);
  if (first !== '' && !first.startsWith('-'))
    throw new Error(`there is no command "${first}"; cmdhost --help lists them`);
  return COMMANDS.get('run')?.run(args);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`cmdhost: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
