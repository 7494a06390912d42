import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

// Preloaded into a server of the local stack: while the file of its name lies in the folder, the process is there and does not
// listen. So a server that was killed stays away although its supervisor starts it again.

const POLL_MS = 20;
const folder = process.env['MCMS_FAULT_AWAY'];
const part = process.env['MCMS_FAULT_PART'];
if (!folder || !part) throw new Error('MCMS_FAULT_AWAY and MCMS_FAULT_PART must be set');

const end = (): never => process.exit(0);
process.once('disconnect', end);
while (existsSync(join(folder, part))) await delay(POLL_MS);
process.off('disconnect', end);
