import { replaceModule } from './replace.ts';

replaceModule(
  'functions/messaging/instances.ts',
  new URL('../sabotage/dedupe-instances.ts', import.meta.url).href,
);
replaceModule('shared/cam-commands/begin.ts', new URL('../sabotage/dedupe-begin.ts', import.meta.url).href);
