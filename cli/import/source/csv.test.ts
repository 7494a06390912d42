import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileFacts } from './file-facts.ts';
import type { Column, SourceRecord } from './record.ts';
import { openSourceFile } from './source-file.ts';

const COLUMNS: readonly Column[] = [
  { name: 'code', required: true },
  { name: 'count', type: 'integer' },
  { name: 'main', type: 'flag' },
  { name: 'text' },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcms-csv-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(content: string | Buffer) {
  const path = join(folder, 'file.csv');
  await writeFile(path, content);
  return openSourceFile(path, { format: 'csv', facts: await readFileFacts(path), columns: COLUMNS });
}

async function read(content: string | Buffer, done = { byteOffset: 0, records: 0 }): Promise<SourceRecord[]> {
  const cursor = await (await open(content)).open(done);
  const records: SourceRecord[] = [];
  for (let piece = await cursor.take(2); piece.length > 0; piece = await cursor.take(2))
    records.push(...piece);
  await cursor.close();
  return records;
}

const fields = (records: readonly SourceRecord[]) => records.map((record) => record.fields);

describe('a CSV file', () => {
  it('is read by the names of its columns, whatever their order', async () => {
    expect(fields(await read('text,code\nround bar,A-1\n,A-2\n'))).toEqual([
      { code: 'A-1', text: 'round bar' },
      { code: 'A-2' },
    ]);
  });

  it.each([
    ['a byte order mark and CRLF', '\uFEFFcode,text\r\nA,가나다\r\nB,x\r\n'],
    ['no line feed at the end', 'code,text\nA,가나다\nB,x'],
    ['empty lines', 'code,text\n\nA,가나다\n\r\n\nB,x\n\n'],
    ['semicolons', 'code;text\nA;가나다\nB;x\n'],
    ['tabs', 'code\ttext\nA\t가나다\nB\tx\n'],
    ['quoted names', '"code","text"\n"A","가나다"\n"B","x"\n'],
  ])('may have %s', async (_what, content) => {
    expect(fields(await read(content))).toEqual([
      { code: 'A', text: '가나다' },
      { code: 'B', text: 'x' },
    ]);
  });

  it('keeps line breaks, delimiters and quotes that stand in quotes', async () => {
    const records = await read('code,text\nA,"1/2"" mill, rough\r\nthen finish"\nB,x\n');
    expect(fields(records)).toEqual([
      { code: 'A', text: '1/2" mill, rough\r\nthen finish' },
      { code: 'B', text: 'x' },
    ]);
    expect(records.map(({ line }) => line)).toEqual([2, 4]);
  });

  it('makes integers and flags of text, and leaves what is neither to the schema', async () => {
    expect(fields(await read('code,count,main\nA,12,yes\nB,-1,FALSE\nC,1.5,perhaps\n'))).toEqual([
      { code: 'A', count: 12, main: true },
      { code: 'B', count: -1, main: false },
      { code: 'C', count: '1.5', main: 'perhaps' },
    ]);
  });

  it('gives up only the line with wrong quotes, or another number of fields', async () => {
    const records = await read(
      'code,text\nA,ok\nB,"1/2" mill"\nC,1/2" mill\nD,a,b\n\nE,"never closed\nF,ok\n',
    );
    expect(records.map(({ fields: good, line, unreadable }) => [line, good?.['code'] ?? unreadable])).toEqual(
      [
        [2, 'A'],
        [3, { reason: expect.stringContaining('wrong quotes'), text: 'B,"1/2" mill"' }],
        [4, { reason: expect.stringContaining('wrong quotes'), text: 'C,1/2" mill' }],
        [5, { reason: 'has 3 fields where the header names 2', text: '["D","a","b"]' }],
        [7, { reason: expect.stringContaining('wrong quotes'), text: 'E,"never closed' }],
        [8, 'F'],
      ],
    );
    expect(records.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('is read on from the end of any record as in one go', async () => {
    const content =
      '\uFEFFcode,text\r\nA,"two\r\nlines"\r\n\r\nB,"wrong" quotes\r\nC,한글\r\nD,"a ""b"""\r\nE,1,2\r\nF,last';
    const whole = await read(content);
    expect(whole).toHaveLength(6);
    for (const [index, { endOffset }] of whole.entries()) {
      const rest = await read(content, { byteOffset: endOffset, records: index + 1 });
      expect(rest).toEqual(whole.slice(index + 1));
    }
  });

  it.each([
    ['code,colour\nA,red\n', '"colour" is not a column of this import'],
    ['text\nA\n', '"code" is missing'],
    ['code,text,text\nA,b,c\n', '"text" is there twice'],
  ])('is refused for its header: %j', async (content, message) => {
    await expect(open(content)).rejects.toThrow(message);
  });

  it('is refused when it is not UTF-8, with the line', async () => {
    const korean = Buffer.concat([
      Buffer.from('code,text\nA,x\nB,'),
      Buffer.from([0xc7, 0xd1]),
      Buffer.from('\n'),
    ]);
    await expect(open(korean)).rejects.toThrow('line 3 is not UTF-8');
  });

  it('is refused when it is empty or not there', async () => {
    await expect(open('\uFEFF')).rejects.toThrow('is empty');
    await expect(readFileFacts(join(folder, 'none.csv'))).rejects.toThrow('there is no file');
  });
});
