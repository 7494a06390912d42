import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { AdapterJob } from '../contract.ts';

/** What is known of an input file after it was read. */
export interface Source {
  readonly fileName: string;
  readonly sha256: string;
}

const CHUNK_BYTES = 1024 * 1024;

/** The job's inputs with the digests of the bytes on disk, in the job's order. */
export async function readInputs(job: AdapterJob): Promise<Source[]> {
  const sources: Source[] = [];
  for (const { fileName, path } of job.inputs) sources.push({ fileName, sha256: await digest(path) });
  return sources;
}

/** Reads without streams and threads, which would cost every start more than most models do; between chunks stdin has its turn. */
async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, fstatSync(file).size + 1));
    for (let length = readSync(file, chunk); length > 0; length = readSync(file, chunk)) {
      hash.update(chunk.subarray(0, length));
      if (length === CHUNK_BYTES) await new Promise((resolve) => setImmediate(resolve));
    }
    return hash.digest('hex');
  } finally {
    closeSync(file);
  }
}
