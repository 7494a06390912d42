import { replaceModule } from './replace.ts';

replaceModule('shared/outbox/outbox.ts', new URL('../sabotage/outbox.ts', import.meta.url).href);
