import { replaceModule } from './replace.ts';

replaceModule('shared/cam-commands/work-queue.ts', new URL('../sabotage/claim.ts', import.meta.url).href);
