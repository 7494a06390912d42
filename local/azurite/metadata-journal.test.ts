import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Change, MetadataJournal, applyChanges, parseJournal } from './metadata-journal.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mcms-journal-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const index = { name: { name: 'name', dirty: false, values: [0, 1] } };
const file = (documents: { $loki: number; name: string }[], maxId: number) => ({
  filename: 'blobs.json',
  collections: [{ name: 'blobs', data: documents, maxId, binaryIndices: index }],
});
const change = (operation: Change['operation'], $loki: number, name: string): Change => ({
  file: join(folder, 'blobs.json'),
  name: 'blobs',
  operation,
  obj: { $loki, name },
});
const changes = (): Change[] => [
  change('I', 4, 'd'),
  change('U', 2, 'b2'),
  change('R', 1, 'a'),
  change('I', 3, 'c'),
  change('R', 4, 'd'),
];

describe('changes over a file', () => {
  it('come to the documents as they were at the end, in the order of their numbers', () => {
    const [collection] = applyChanges(
      file(
        [
          { $loki: 1, name: 'a' },
          { $loki: 2, name: 'b' },
        ],
        2,
      ),
      changes(),
    ).collections;
    expect(collection?.data).toEqual([
      { $loki: 2, name: 'b2' },
      { $loki: 3, name: 'c' },
    ]);
    // A number once given is never given again, though its document is gone.
    expect(collection?.maxId).toBe(4);
    expect(collection?.binaryIndices).toEqual({});
  });

  it('come to the same when they are applied again', () => {
    const once = applyChanges(
      file(
        [
          { $loki: 1, name: 'a' },
          { $loki: 2, name: 'b' },
        ],
        2,
      ),
      changes(),
    );
    expect(applyChanges(once, changes())).toEqual(once);
  });
});

describe('the journal', () => {
  it('leaves a line that a kill cut short, and names one that is no change', () => {
    const line = JSON.stringify(changes()[0]);
    expect(parseJournal(`${line}\n${line.slice(0, 20)}`)).toEqual([changes()[0]]);
    expect(() => parseJournal('{"file":1}\n')).toThrow(/operation/);
  });

  it('brings the file up to date once, and is gone', async () => {
    const path = join(folder, 'blobs.json');
    await writeFile(
      path,
      JSON.stringify(
        file(
          [
            { $loki: 1, name: 'a' },
            { $loki: 2, name: 'b' },
          ],
          2,
        ),
      ),
    );
    const journal = new MetadataJournal(join(folder, 'changes.ndjson'));
    await journal.append(changes().slice(0, 2));
    await journal.append(changes().slice(2));
    await journal.recover();
    const names = async (): Promise<string[]> => {
      const { collections } = JSON.parse(await readFile(path, 'utf8')) as ReturnType<typeof file>;
      return collections.flatMap(({ data }) => data.map(({ name }) => name));
    };
    expect(await names()).toEqual(['b2', 'c']);
    await journal.recover();
    expect(await names()).toEqual(['b2', 'c']);
  });
});
