import { IMPORT_HELP, readImportArguments } from './import/arguments.ts';
import { importCommand } from './import/command.ts';

await importCommand('import', IMPORT_HELP, readImportArguments);
