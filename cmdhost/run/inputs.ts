import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Job } from '../../shared/cam-commands/contracts.ts';
import { runFailure } from '../errors.ts';
import { blobAt } from './blobs.ts';

type Input = Job['inputs'][number];

/**
 * Downloads one input into `folder` and checks size and digest on the way.
 * @throws {RunFailure} `INPUT_CORRUPT` or `INPUT_UNAVAILABLE`; or the signal's reason
 * @returns the path written
 */
export async function fetchInput(input: Input, folder: string, signal: AbortSignal): Promise<string> {
  const path = join(folder, input.fileName);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      done(sizeBytes > input.sizeBytes ? corrupt(input, 'is larger than expected') : null, chunk);
    },
  });
  try {
    const blob = await blobAt(input.url);
    const { readableStreamBody } = await blob.download(0, undefined, {
      abortSignal: signal,
      maxRetryRequests: 5,
    });
    if (!readableStreamBody) throw new Error('the download has no body');
    await pipeline(readableStreamBody, check, createWriteStream(path, { flags: 'wx' }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    if (sizeBytes > input.sizeBytes) throw error;
    throw runFailure('INPUT_UNAVAILABLE', `${input.fileName} could not be downloaded: ${reason(error)}`, {
      retryable: true,
      cause: error,
    });
  }
  if (sizeBytes !== input.sizeBytes)
    throw corrupt(input, `has ${sizeBytes} bytes instead of ${input.sizeBytes}`);
  if (hash.digest('hex') !== input.sha256) throw corrupt(input, 'has another SHA-256 than expected');
  return path;
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
