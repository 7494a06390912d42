import type { Readable, Writable } from 'node:stream';
import { createLineReader } from '../run/lines.ts';
import { MAC_LENGTH, type Seal } from './seal.ts';

export interface LineStream {
  /** @returns false while the other side reads more slowly than this one writes: `onDrain` then tells when to go on. */
  send(message: object): boolean;
  onDrain(listener: () => void): void;
  /** Resolves once the other side is gone, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface SealableLineStream extends LineStream {
  /** From now on every line is sealed; one of the other side that is not sealed, or not the next, ends the connection. */
  sealWith(seal: Seal): void;
}

export interface LineStreamOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** In UTF-16 units, without the seal; a longer line ends the connection. */
  readonly maxLength: number;
  /** Given each line as parsed JSON; throwing ends the connection. */
  readonly onMessage: (message: unknown) => void;
}

/** Messages as lines of JSON over any pair of streams. What cannot be read ends the connection: both sides know when it breaks. */
export function createLineStream({
  input,
  output,
  maxLength,
  onMessage,
}: LineStreamOptions): SealableLineStream {
  const closed = Promise.withResolvers<void>();
  let open = true;
  let seal: Seal | undefined;
  const close = (): void => {
    if (!open) return;
    open = false;
    output.end();
    input.destroy();
    closed.resolve();
  };
  const reader = createLineReader(
    (line) => {
      if (!open) return;
      try {
        const text = seal ? seal.open(line) : line;
        if (text.length > maxLength) throw new RangeError('the line is too long');
        onMessage(JSON.parse(text));
      } catch {
        close();
      }
    },
    MAC_LENGTH + maxLength + 1,
  );
  input.on('data', (chunk: Buffer) => reader.write(chunk));
  for (const event of ['end', 'close', 'error']) input.once(event, close);
  for (const event of ['close', 'error']) output.once(event, close);
  // Errors after the first would otherwise end the process; the connection is closed by then.
  for (const stream of [input, output]) stream.on('error', () => undefined);
  return {
    send: (message) => {
      if (!open) return false;
      const text = JSON.stringify(message);
      return output.write(`${seal ? seal.seal(text) : text}\n`);
    },
    sealWith: (given) => {
      seal = given;
    },
    onDrain: (listener) => void output.once('drain', listener),
    closed: closed.promise,
    close,
  };
}
