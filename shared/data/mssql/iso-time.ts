const DAY_MS = 86_400_000;
/** Some 27 years. */
const MAX_DAYS = 10_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const THREE_DIGITS = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));
const days = new Map<number, string>();

/**
 * What `toISOString` gives, at a fifth of its cost, which is much of what reading a list costs on top of the driver: the times of a
 * list share few days, whose text is kept.
 */
export function isoTime(date: Date): string {
  const timeMs = date.getTime();
  const day = Math.floor(timeMs / DAY_MS);
  const ofDayMs = timeMs - day * DAY_MS;
  const seconds = Math.floor(ofDayMs / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return `${days.get(day) ?? newDay(day, date)}${TWO_DIGITS[hours]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}.${THREE_DIGITS[ofDayMs % 1000]}Z`;
}

/** `2026-01-31T`. */
function newDay(day: number, date: Date): string {
  const [text = ''] = /^.*T/.exec(date.toISOString()) ?? [];
  if (days.size >= MAX_DAYS) days.clear();
  days.set(day, text);
  return text;
}
