import { statfs } from 'node:fs/promises';
import type { Logger } from '../shared/telemetry/index.ts';

export interface DiskWatch {
  /** What the last look found. */
  isLow(): boolean;
  /** Looks now. */
  look(): Promise<void>;
  stop(): void;
}

export interface DiskWatchOptions {
  readonly folder: string;
  readonly minFreeBytes: number;
  /** Told whenever it changes. */
  readonly onChange: (low: boolean) => void;
  readonly log: Logger;
}

const LOOK_EVERY_MS = 5_000;

/** Watches how much room the work folder's disk has. Warns once each time it becomes too little. */
export function startDiskWatch({ folder, minFreeBytes, onChange, log }: DiskWatchOptions): DiskWatch {
  let low = false;
  const look = async (): Promise<void> => {
    try {
      const { bavail, bsize } = await statfs(folder);
      const freeBytes = bavail * bsize;
      if (freeBytes < minFreeBytes === low) return;
      low = !low;
      if (low) log.warn('no work is claimed: the disk is nearly full', { folder, freeBytes, minFreeBytes });
      else log.info('the disk has room again', { folder, freeBytes });
      onChange(low);
    } catch (error) {
      log.warn('the free room on the disk cannot be found out', { folder, error });
    }
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return { isLow: () => low, look, stop: () => clearInterval(timer) };
}
