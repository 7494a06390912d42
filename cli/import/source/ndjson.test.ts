import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileFacts } from './file-facts.ts';
import type { SourceRecord } from './record.ts';
import { formatOf, openSourceFile } from './source-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcms-ndjson-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string, done = { byteOffset: 0, records: 0 }): Promise<SourceRecord[]> {
  const path = join(folder, 'file.ndjson');
  await writeFile(path, content);
  const facts = await readFileFacts(path);
  const source = await openSourceFile(path, { format: formatOf(path), facts, columns: [] });
  const cursor = await source.open(done);
  const records: SourceRecord[] = [];
  for (let piece = await cursor.take(100); piece.length > 0; piece = await cursor.take(100))
    records.push(...piece);
  return records;
}

describe('an NDJSON file', () => {
  it('has a record a line; what is null or empty counts as left out', async () => {
    const records = await read('\uFEFF{"a":"가","b":null,"c":""}\r\n\n{"a":1,"steps":[]}');
    expect(records.map(({ fields, line, number }) => [number, line, fields])).toEqual([
      [1, 1, { a: '가' }],
      [2, 3, { a: 1, steps: [] }],
    ]);
  });

  it('gives up only the line that is no JSON object', async () => {
    const records = await read('{"a":1}\n{"a":\n[1]\n"x"\n{"a":2}\n');
    expect(records.map(({ fields, unreadable }) => fields ?? unreadable?.reason)).toEqual([
      { a: 1 },
      expect.stringContaining('is not JSON'),
      'must be a JSON object',
      'must be a JSON object',
      { a: 2 },
    ]);
  });

  it('passes over a line longer than any record can be, without keeping it', async () => {
    const records = await read(`{"a":1}\n${'x'.repeat(9_000_000)}\n{"a":2}\n`);
    expect(records.map(({ fields, unreadable }) => fields ?? unreadable?.reason)).toEqual([
      { a: 1 },
      'is longer than 4 MiB',
      { a: 2 },
    ]);
    expect(records.at(-1)).toMatchObject({ line: 3, number: 3 });
  });

  it('is read on from the end of any record as in one go', async () => {
    const content = '{"a":1}\n\n{"a":"한글"}\r\nnot json\n{"a":3}';
    const whole = await read(content);
    for (const [index, { endOffset }] of whole.entries()) {
      expect(await read(content, { byteOffset: endOffset, records: index + 1 })).toEqual(
        whole.slice(index + 1),
      );
    }
  });

  it('is known by its name', () => {
    expect(['x.CSV', 'x.ndjson', 'x.jsonl'].map(formatOf)).toEqual(['csv', 'ndjson', 'ndjson']);
    expect(() => formatOf('history.txt')).toThrow('--format');
  });
});
