import { HISTORY_HELP, readHistoryArguments } from './import/arguments.ts';
import { importCommand } from './import/command.ts';

await importCommand('import-history', HISTORY_HELP, readHistoryArguments);
