/**
 * Milliseconds of a .NET TimeSpan written `hh:mm:ss`, `d.hh:mm:ss` or with a fraction of a second; undefined for anything else.
 * Like TimeSpan.Parse it takes hours to 23 and minutes and seconds to 59.
 */
export function timeSpanToMs(text: string): number | undefined {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?$/.exec(text);
  if (!match) return undefined;
  const [days, hours, minutes, seconds] = match.slice(1, 5).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  const fractionMs = match[5] ? Math.trunc(Number(`0.${match[5]}`) * 1000) : 0;
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + fractionMs;
}
