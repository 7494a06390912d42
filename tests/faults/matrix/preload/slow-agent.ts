import { replaceModule } from './replace.ts';

// Preloaded into an agent: phases that last milliseconds last a second.
replaceModule('cmdhost/run/work-folder.ts', new URL('../slow/work-folder.ts', import.meta.url).href);
replaceModule('cmdhost/run/outputs.ts', new URL('../slow/outputs.ts', import.meta.url).href);
