import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Job } from '../../shared/cam-commands/contracts.ts';
import { RunFailure, runFailure } from '../errors.ts';
import { retry, UNTIL_IT_WORKS } from '../retry.ts';
import { blobAt, isStoreAway } from './blobs.ts';
import { isDiskFull } from './outcome.ts';

type Input = Job['inputs'][number];

/**
 * Refuses inputs that would lie on top of one another on a file system that takes names for the same whatever their case and Unicode
 * normalization, as NTFS and APFS do: on every workstation, so that a command does not depend on which one takes it.
 * @throws {RunFailure} `INPUT_NAMES_CLASH`
 */
export function requireDistinctNames(inputs: readonly Pick<Input, 'fileName'>[]): void {
  const known = new Map<string, string>();
  for (const { fileName } of inputs) {
    const folded = fileName.normalize('NFC').toLowerCase();
    const other = known.get(folded);
    if (other !== undefined)
      throw runFailure('INPUT_NAMES_CLASH', `${other} and ${fileName} are one name to a file system`, {
        retryable: false,
      });
    known.set(folded, fileName);
  }
}

/**
 * Downloads one input into `folder` and checks size and digest on the way.
 * @throws {RunFailure} `INPUT_CORRUPT` or `INPUT_UNAVAILABLE`; the system's error for a full disk; or the signal's reason
 * @returns the path written
 */
export async function fetchInput(input: Input, folder: string, signal: AbortSignal): Promise<string> {
  const path = join(folder, input.fileName);
  // A store that is away costs waiting, not an attempt.
  const options = { policy: UNTIL_IT_WORKS, signal, isTransient: isCutOff };
  let found: Digest;
  try {
    found = await retry(async () => download(input, path, signal), options);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof RunFailure || isDiskFull(error)) throw error;
    throw runFailure('INPUT_UNAVAILABLE', `${input.fileName} could not be downloaded: ${reason(error)}`, {
      retryable: true,
      cause: error,
    });
  }
  if (found.sizeBytes !== input.sizeBytes)
    throw corrupt(input, `has ${found.sizeBytes} bytes instead of ${input.sizeBytes}`);
  if (found.sha256 !== input.sha256) throw corrupt(input, 'has another SHA-256 than expected');
  return path;
}

interface Digest {
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** One try; its file is gone when it fails. */
async function download(input: Input, path: string, signal: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(sizeBytes > input.sizeBytes ? corrupt(input, 'is larger than expected') : null, chunk);
    },
  });
  // `wx`: a file of that name which this try did not make stays.
  const file = await open(path, 'wx');
  try {
    const blob = await blobAt(input.url);
    const { readableStreamBody } = await blob.download(0, undefined, { abortSignal: signal });
    if (!readableStreamBody) throw new Error('the download has no body');
    await pipeline(readableStreamBody, check, file.createWriteStream(), { signal });
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true });
    throw error;
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

/**
 * The SDK takes a connection that broke off in mid-body for an abort and does not resume (storage-blob 12.34). An abort by the signal ends
 * the tries before this is asked.
 */
function isCutOff(error: unknown): boolean {
  return isStoreAway(error) || (error instanceof Error && error.name === 'AbortError');
}

function corrupt(input: Input, what: string): Error {
  return runFailure('INPUT_CORRUPT', `${input.fileName} ${what}`, { retryable: true });
}

/** The SDK's own message may carry the address with its SAS; code and status say enough. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const status: unknown = Reflect.get(error, 'statusCode');
  const code: unknown = Reflect.get(error, 'code');
  return (
    [code, status].filter((part) => typeof part === 'string' || typeof part === 'number').join(' ') ||
    error.name
  );
}
