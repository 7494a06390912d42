import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { AdapterJob } from '../contract.ts';

/** What is known of an input file after it was read. */
export interface Source {
  readonly fileName: string;
  readonly sha256: string;
}

const CHUNK_BYTES = 256 * 1024;

/** The job's inputs with the digests of the bytes on disk, in the job's order. */
export async function readInputs(job: AdapterJob): Promise<Source[]> {
  const sources: Source[] = [];
  for (const { fileName, path } of job.inputs) sources.push({ fileName, sha256: await digest(path) });
  return sources;
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await using file = await open(path);
  const { size } = await file.stat();
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size + 1));
  for (;;) {
    const { bytesRead } = await file.read(chunk);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, bytesRead));
  }
}
