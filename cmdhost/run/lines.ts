import { StringDecoder } from 'node:string_decoder';

/** Longest line that is looked at, in UTF-16 units; what a line has beyond that is dropped. */
export const MAX_LINE_LENGTH = 16_384;

/** Cuts a byte stream into lines, holding no more than one line of `maxLength` whatever the stream brings. */
export function createLineReader(
  onLine: (line: string) => void,
  maxLength = MAX_LINE_LENGTH,
): {
  write(chunk: Buffer): void;
  end(): void;
} {
  const decoder = new StringDecoder('utf8');
  let line = '';
  const append = (text: string): void => {
    if (line.length < maxLength) line += text.slice(0, maxLength - line.length);
  };
  const flush = (): void => {
    const whole = line.endsWith('\r') ? line.slice(0, -1) : line;
    line = '';
    if (whole) onLine(whole);
  };
  const take = (text: string): void => {
    let from = 0;
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      append(text.slice(from, to));
      flush();
      from = to + 1;
    }
    append(text.slice(from));
  };
  return {
    write: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      flush();
    },
  };
}
