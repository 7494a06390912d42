import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { errorCode } from '../system-error.ts';
import { about, type Finding } from './finding.ts';

const found = about('work folder');
const GIB = 1024 ** 3;
/** Below the first a run of a large model may fail; below the second the journal itself is in danger. */
const ROOMY_BYTES = 5 * GIB;
const LEAST_BYTES = GIB / 2;

/** The folder can be written to, nobody else works in it, and there is room. Makes it when it is missing, as the agent would. */
export async function checkWorkFolder(workFolder: string): Promise<Finding[]> {
  try {
    await mkdir(workFolder, { recursive: true });
    const probe = join(workFolder, `.check-${randomUUID()}`);
    await writeFile(probe, '', { flag: 'wx' });
    await rm(probe);
  } catch (error) {
    return [
      found.problem(
        `${workFolder} cannot be written to (${String(errorCode(error))})`,
        "give the agent's account the right to write there",
      ),
    ];
  }
  const { bavail, bsize } = await statfs(workFolder);
  return [
    found.ok(`${workFolder} can be written to`),
    await checkUse(workFolder),
    checkSpace(bavail * bsize),
  ];
}

/** An agent holds a lock on its journal as long as it lives. */
async function checkUse(workFolder: string): Promise<Finding> {
  const path = join(workFolder, 'journal.db');
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  if (!there) return found.ok('no agent has run here yet');
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return found.ok('no agent runs here now');
  } catch (error) {
    if (/locked|busy/i.test(String(error)))
      return found.warning(
        'an agent runs here now',
        'right if it is the agent of this configuration; each agent needs a folder of its own',
      );
    return found.problem(
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'stop the agent, move the file away and keep it; results not yet sent are in it',
    );
  } finally {
    database.close();
  }
}

export function checkSpace(freeBytes: number): Finding {
  const free = `${(freeBytes / GIB).toFixed(1)} GiB free`;
  if (freeBytes < LEAST_BYTES)
    return found.problem(free, 'make room: runs will fail and results may not be written down');
  if (freeBytes < ROOMY_BYTES) return found.warning(free, 'make room, or move workFolder to a larger disk');
  return found.ok(free);
}
