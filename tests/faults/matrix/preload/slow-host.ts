import { replaceModule } from './replace.ts';

// Preloaded into the Functions host: phases that last milliseconds last a second.
for (const [target, standIn] of [
  ['shared/outbox/outbox.ts', 'outbox.ts'],
  ['functions/messaging/instances.ts', 'instances.ts'],
  ['shared/cam-commands/queue-attempt.ts', 'queue-attempt.ts'],
  ['shared/cam-commands/conclude.ts', 'conclude.ts'],
  ['shared/cam-commands/succeed.ts', 'succeed.ts'],
] as const)
  replaceModule(target, new URL(`../slow/${standIn}`, import.meta.url).href);
