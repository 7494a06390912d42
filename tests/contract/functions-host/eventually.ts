import { setTimeout as delay } from 'node:timers/promises';

/** Polls until `condition` answers something truthy and returns it; after `limitMs` it throws, naming what was awaited. */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMs = 30_000,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | 0 | '' | null | undefined>;
    if (Date.now() > deadline) throw new Error(`waited ${limitMs} ms in vain for: ${what}`);
    await delay(10);
  }
}
