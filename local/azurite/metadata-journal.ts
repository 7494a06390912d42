import { appendFile, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { hasCode } from '../state-file.ts';

/** One change of a document in a LokiJS database, as its changes API tells it: inserted, updated or removed, with the document whole. */
const change = z.object({
  /** File of the database. */
  file: z.string(),
  name: z.string(),
  operation: z.enum(['I', 'U', 'R']),
  obj: z.looseObject({ $loki: z.int() }),
});
export type Change = z.infer<typeof change>;

const collection = z.looseObject({
  name: z.string(),
  data: z.array(z.looseObject({ $loki: z.int() })),
  maxId: z.int(),
  binaryIndices: z.record(z.string(), z.unknown()).optional(),
});
const database = z.looseObject({ collections: z.array(collection) });
type LokiFile = z.infer<typeof database>;

/** Indexes that a recovered file lacks: file → collection → properties. */
export type DroppedIndexes = ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;

/** The changes since the databases' files were last written whole: one line each, in their order. */
export class MetadataJournal {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Appends in one write; a kill in its midst leaves a last line that is no JSON, of a change that was not acknowledged. */
  async append(changes: readonly Change[]): Promise<number> {
    const text = changes.map((one) => `${JSON.stringify(one)}\n`).join('');
    await appendFile(this.#path, text);
    return text.length;
  }

  /** To be called once the files hold all that stands here. */
  async clear(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  /**
   * Brings the files up to what the journal says, before anything reads them. May be cut short and repeated: the whole journal over
   * files that have parts of it already comes to the same.
   */
  async recover(): Promise<DroppedIndexes> {
    const dropped = new Map<string, ReadonlyMap<string, readonly string[]>>();
    const changes = parseJournal((await readIfThere(this.#path)) ?? '');
    for (const [path, own] of Map.groupBy(changes, ({ file }) => file)) {
      const text = await readIfThere(path);
      if (text === undefined) continue;
      const file = database.parse(JSON.parse(text));
      const recovered = JSON.stringify(applyChanges(file, own));
      dropped.set(path, indexesOf(file));
      await writeFile(`${path}~`, recovered);
      await rename(`${path}~`, path);
    }
    await this.clear();
    return dropped;
  }
}

function indexesOf({ collections }: LokiFile): ReadonlyMap<string, readonly string[]> {
  return new Map(collections.map(({ name, binaryIndices }) => [name, Object.keys(binaryIndices ?? {})]));
}

/** Whole lines only. @throws for a whole line that is no change */
export function parseJournal(text: string): Change[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => change.parse(JSON.parse(line)));
}

/** A database's file with changes applied in their order; documents stay in the order of their numbers, as LokiJS looks them up. */
export function applyChanges(file: LokiFile, changes: readonly Change[]): LokiFile {
  return {
    ...file,
    collections: file.collections.map((before) => {
      const own = changes.filter(({ name }) => name === before.name);
      if (own.length === 0) return before;
      const documents = new Map(before.data.map((document) => [document.$loki, document]));
      let { maxId } = before;
      for (const { operation, obj } of own) {
        maxId = Math.max(maxId, obj.$loki);
        if (operation === 'R') documents.delete(obj.$loki);
        else documents.set(obj.$loki, obj);
      }
      return {
        ...before,
        data: [...documents.values()].sort((a, b) => a.$loki - b.$loki),
        maxId,
        // LokiJS trusts an index as it stands in the file; without one it looks at every document.
        binaryIndices: {},
      };
    }),
  };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
