import { about, type Finding } from './finding.ts';

const found = about('clock');
const NOTICEABLE_MS = 30_000;
/** Assertions and tokens are refused around here. */
const HARMFUL_MS = 5 * 60_000;
const NEXT = 'set the clock: w32tm /resync on Windows, timedatectl set-ntp true on Linux';

/** @param date header `Date` of an answer, in whole seconds */
export function checkClock(date: string | null, now: Date): Finding {
  const serverMs = Date.parse(date ?? '');
  if (Number.isNaN(serverMs))
    return found.warning('the API tells no time', 'a proxy on the way may drop the header Date');
  const differenceMs = now.getTime() - serverMs;
  const seconds = Math.round(Math.abs(differenceMs) / 1000);
  const detail = `${seconds} s ${differenceMs < 0 ? 'behind' : 'ahead of'} the API`;
  if (Math.abs(differenceMs) > HARMFUL_MS) return found.problem(detail, NEXT);
  if (Math.abs(differenceMs) > NOTICEABLE_MS) return found.warning(detail, NEXT);
  return found.ok(detail);
}
