import { isAlive } from './pid-file.ts';

const POLL_MS = 1000;

/**
 * Calls `onGone` once the process that started this one is gone: npm passes no signal on when it is killed itself, and a pipe or
 * terminal says nothing of it.
 * @returns a function that ends the watch
 */
export function watchParent(onGone: () => void): () => void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    // POSIX gives an orphan a new parent; Windows leaves the old id.
    if (process.ppid === parent && isAlive(parent)) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}
