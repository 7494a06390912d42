/** Node turns a longer delay of a timer into one of 1 ms. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

const DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d{1,3})?)S)?)?$/;
const UNIT_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000] as const;

/**
 * Milliseconds of an ISO 8601 duration of fixed length (`PT30S`, `P1DT2H`, `P2W`). Years and months have no fixed length and
 * are refused like anything else that is not a duration.
 * @throws {RangeError} naming the text.
 */
export function durationMs(text: string): number {
  const parts = DURATION.exec(text)?.slice(1);
  if (!parts || parts.every((part) => part === undefined)) {
    throw new RangeError(`"${text}" is not an ISO 8601 duration such as PT30S, PT15M or P1D`);
  }
  const total = parts.reduce(
    (sum, part, index) => sum + Number((part ?? '0').replace(',', '.')) * (UNIT_MS[index] ?? 0),
    0,
  );
  if (!Number.isSafeInteger(Math.round(total))) throw new RangeError(`"${text}" is too long a duration`);
  return Math.round(total);
}
