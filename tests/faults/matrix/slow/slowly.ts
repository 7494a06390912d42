import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** On average; each time between a half and one and a half of it. */
const MEAN_MS = 1_200;

/**
 * Stays for a moment where a command would be for milliseconds, so that a fault finds commands in every phase; only while the file
 * that `MCMS_FAULT_SLOW` names is there.
 */
export async function slowly(): Promise<void> {
  const flag = process.env['MCMS_FAULT_SLOW'];
  if (flag && existsSync(flag)) await delay(MEAN_MS * (0.5 + Math.random()));
}
