import type { Readable, Writable } from 'node:stream';
import { createLineReader } from '../run/lines.ts';

export interface LineStream {
  /** @returns false while the other side reads more slowly than this one writes: `onDrain` then tells when to go on. */
  send(message: object): boolean;
  onDrain(listener: () => void): void;
  /** Resolves once the other side is gone, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface LineStreamOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** In UTF-16 units; a longer line ends the connection. */
  readonly maxLength: number;
  /** Given each line as parsed JSON; throwing ends the connection. */
  readonly onMessage: (message: unknown) => void;
}

/** Messages as lines of JSON over any pair of streams. What cannot be read ends the connection: both sides know when it breaks. */
export function createLineStream({ input, output, maxLength, onMessage }: LineStreamOptions): LineStream {
  const closed = Promise.withResolvers<void>();
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    output.end();
    input.destroy();
    closed.resolve();
  };
  const reader = createLineReader((line) => {
    if (!open) return;
    try {
      if (line.length > maxLength) throw new RangeError('the line is too long');
      onMessage(JSON.parse(line));
    } catch {
      close();
    }
  }, maxLength + 1);
  input.on('data', (chunk: Buffer) => reader.write(chunk));
  for (const event of ['end', 'close', 'error']) input.once(event, close);
  for (const event of ['close', 'error']) output.once(event, close);
  // Errors after the first would otherwise end the process; the connection is closed by then.
  for (const stream of [input, output]) stream.on('error', () => undefined);
  return {
    send: (message) => open && output.write(`${JSON.stringify(message)}\n`),
    onDrain: (listener) => void output.once('drain', listener),
    closed: closed.promise,
    close,
  };
}
