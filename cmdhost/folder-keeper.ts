import type { Logger } from '../shared/telemetry/index.ts';
import type { Journal } from './journal.ts';
import { pruneRunFolders } from './run/work-folder.ts';

export interface FolderKeeper {
  /** Removes run folders that nobody needs any more, in the background and soon: calls within `PRUNE_EVERY_MS` are one. */
  prune(): void;
  /** Removes what is left to be removed, now. */
  idle(): Promise<void>;
}

export interface FolderKeeperOptions {
  readonly workFolder: string;
  readonly journal: Journal;
  readonly running: ReadonlyMap<string, unknown>;
  readonly log: Logger;
}

/** Run folders of attempts that did not succeed are kept for a look at what went wrong, this many of them. */
const KEPT_UNSUCCESSFUL = 20;
/** Looking through folders and journal after each of many short runs would cost more than the runs. */
const PRUNE_EVERY_MS = 3_000;

/** Keeps the folders of running attempts, of results not yet sent, and of the latest unsuccessful attempts. */
export function createFolderKeeper({ workFolder, journal, running, log }: FolderKeeperOptions): FolderKeeper {
  let work = Promise.resolve();
  let due: NodeJS.Timeout | undefined;
  const pruneNow = async (): Promise<void> => {
    try {
      await pruneRunFolders(workFolder, kept);
    } catch (error) {
      log.warn('run folders could not be removed', { error });
    }
  };
  const kept = (): Set<string> =>
    new Set([
      ...running.keys(),
      ...journal.unsent().map(({ result }) => result.attemptId),
      ...journal.latestUnsuccessful(KEPT_UNSUCCESSFUL),
    ]);
  return {
    prune: () => {
      due ??= setTimeout(() => {
        due = undefined;
        work = work.then(pruneNow);
      }, PRUNE_EVERY_MS);
    },
    idle: async () => {
      if (due) {
        clearTimeout(due);
        due = undefined;
        work = work.then(pruneNow);
      }
      await work;
    },
  };
}
