import { readFile, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { errorCode } from '../system-error.ts';
import { replaceFile } from './files.ts';

/**
 * How far a rotation is: `made` (the new pair lies beside the old), `registered` (the directory was given the new certificate),
 * `proven` (a token was had by it), `switched` (the files carry their usual names). Written before the next step begins.
 */
export const STEPS = ['made', 'registered', 'proven', 'switched'] as const;
export type Step = (typeof STEPS)[number];

const stateSchema = z.strictObject({
  schemaVersion: z.literal(1),
  step: z.enum(STEPS),
  startedAt: z.iso.datetime(),
  objectId: z.string(),
  /** SHA-256 thumbprints. */
  oldThumbprint: z.string(),
  newThumbprint: z.string(),
  /** Ids in the directory, as far as they are known. */
  oldKeyId: z.string().optional(),
  newKeyId: z.string().optional(),
});
export type RotationState = z.output<typeof stateSchema>;

/** What a finished rotation leaves for the next one: under which id the directory knows the certificate. */
const registeredSchema = z.strictObject({ thumbprint: z.string(), keyId: z.string() });
export type Registered = z.output<typeof registeredSchema>;

export interface RotationStore {
  /** Undefined when no rotation is under way. @throws {Error} in a sentence when the file is damaged */
  state(): Promise<RotationState | undefined>;
  save(state: RotationState): Promise<void>;
  registered(): Promise<Registered | undefined>;
  /** The rotation is over. */
  finish(registered: Registered | undefined): Promise<void>;
  close(): void;
}

/**
 * The files of a rotation beside the certificate. Held by one process at a time, and free again however that process ends.
 * @throws {Error} in a sentence when another rotation of the same certificate runs
 */
export function openRotationStore(certificateFile: string): RotationStore {
  const lock = lockFile(`${certificateFile}.rotation.lock`);
  const stateFile = `${certificateFile}.rotation.json`;
  const registeredFile = `${certificateFile}.registered.json`;
  const write = async (path: string, value: unknown): Promise<void> =>
    replaceFile({ path, content: `${JSON.stringify(value, null, 2)}\n`, secret: false });
  return {
    state: async () => read(stateFile, stateSchema),
    save: async (state) => write(stateFile, state),
    registered: async () => read(registeredFile, registeredSchema),
    async finish(registered) {
      if (registered) await write(registeredFile, registered);
      await rm(stateFile, { force: true });
    },
    close: () => lock.close(),
  };
}

async function read<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged; see "Rotating certificates" in docs/cmdhost.md`, { cause });
  }
}

/** SQLite's lock on an empty database: the system lets go of it when the process ends. */
function lockFile(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;');
    return database;
  } catch (cause) {
    database.close();
    throw new Error(`${path} is held: another cmdhost rotate is at work`, { cause });
  }
}
