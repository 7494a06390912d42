import { replaceModule } from './replace.ts';

replaceModule('functions/messaging/instances.ts', new URL('../sabotage/fence.ts', import.meta.url).href);
