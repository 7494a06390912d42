import { isAlive } from './pid-file.ts';
import { processFacts } from './process-parent.ts';

const POLL_MS = 1000;
/** npm runs a script through one of these; some of them stay between npm and the script, some are replaced by it. */
const SHELLS = new Set(['sh', 'dash', 'bash', 'zsh', 'ash', 'busybox', 'cmd']);

/**
 * Calls `onGone` once the process that started this one is gone, and also when a shell started it and what started the shell is
 * gone: npm that is killed passes no signal on, and neither pipe nor terminal says anything of it.
 * @param report told when the system gives no answer about the shell, so that only the shell itself is watched
 * @returns a function that ends the watch
 */
export function watchParent(onGone: () => void, report: (line: string) => void): () => void {
  const parent = process.ppid;
  let watched = [parent];
  shellStarter(parent).then(
    (starter) => (watched = [parent, ...starter]),
    (error: unknown) => report(`cannot tell whether npm is still there: ${String(error)}`),
  );
  const timer = setInterval(() => {
    // POSIX gives an orphan a new parent; Windows leaves the old id.
    if (process.ppid === parent && watched.every(isAlive)) return;
    clearInterval(timer);
    onGone();
  }, POLL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function shellStarter(parent: number): Promise<number[]> {
  const { program, parentPid } = await processFacts(parent);
  return SHELLS.has(program) ? [parentPid] : [];
}
