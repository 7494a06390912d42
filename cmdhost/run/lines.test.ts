import { describe, expect, it } from '@jest/globals';
import { createLineReader, MAX_LINE_LENGTH } from './lines.ts';
import { createLogTail } from './log-tail.ts';

const read = (...chunks: (string | Buffer)[]): string[] => {
  const lines: string[] = [];
  const reader = createLineReader((line) => lines.push(line));
  for (const chunk of chunks) reader.write(Buffer.from(chunk));
  reader.end();
  return lines;
};

describe('lines of an adapter', () => {
  it.each([
    ['whole', ['a\nb\n'], ['a', 'b']],
    ['in pieces', ['a', 'b\nc', 'd'], ['ab', 'cd']],
    ['ended as Windows does', ['a\r\n\r\nb\r\n'], ['a', 'b']],
    ['a character cut in two', [Buffer.from([0xc3]), Buffer.from([0xa4, 0x0a])], ['ä']],
  ])('are read %s', (_name, chunks, lines) => {
    expect(read(...chunks)).toEqual(lines);
  });

  it('are cut off at the limit, and the next line is whole again', () => {
    const lines = read('x'.repeat(MAX_LINE_LENGTH), 'x'.repeat(1_000_000), 'y\nnext\n');
    expect(lines.map((line) => line.length)).toEqual([MAX_LINE_LENGTH, 4]);
  });
});

describe('log tail', () => {
  it('keeps the last 50 lines of 500 characters, without control characters', () => {
    const tail = createLogTail();
    for (let line = 0; line < 60; line += 1) tail.add(`line ${line}`);
    tail.add(`\u001b[31mred\u0000${'x'.repeat(1000)}`);
    tail.add(' \u0007 ');
    expect(tail.lines()).toHaveLength(50);
    expect(tail.lines()[0]).toBe('line 11');
    expect(tail.lines().at(-1)).toMatch(/^\[31mred x{490}/);
    expect(tail.lines().at(-1)).toHaveLength(500);
  });
});
