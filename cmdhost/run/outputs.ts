import type { Job, OutputFile } from '../../shared/cam-commands/contracts.ts';
import type { ApiClient } from '../api-client.ts';
import { ApiUnavailableError, runFailure } from '../errors.ts';
import { retry, UNTIL_IT_WORKS } from '../retry.ts';
import { blobAt, isStoreAway } from './blobs.ts';
import type { LocalOutput } from './result-file.ts';

const SINGLE_PUT_BYTES = 8 * 1024 * 1024;

export interface UploadContext {
  readonly api: ApiClient;
  readonly job: Job;
  /** Ends the wait for an API that is away: the attempt's time-out, a cancel or a lost lease. */
  readonly signal: AbortSignal;
}

/**
 * Puts the outputs into the attempt's staging folder, each by its own SAS.
 * @throws {RunFailure} `OUTPUT_UPLOAD_FAILED`; `LeaseLostError`; or the signal's reason
 */
export async function uploadOutputs(
  outputs: readonly LocalOutput[],
  context: UploadContext,
): Promise<OutputFile[]> {
  const files = outputs.map(({ file }) => file);
  if (files.length === 0) return [];
  const { api, job, signal } = context;
  const places = await retry(
    async () => api.outputs(job.attemptId, { schemaVersion: 1, fence: job.fence, files }, signal),
    { policy: UNTIL_IT_WORKS, signal, isTransient: (error) => error instanceof ApiUnavailableError },
  );
  await Promise.all(
    outputs.map(async (output, index) => {
      const place = places.files[index];
      if (place?.fileName !== output.file.fileName)
        throw runFailure('OUTPUT_UPLOAD_FAILED', `no place was given for ${output.file.fileName}`, {
          retryable: true,
        });
      await upload(output, place.uploadUrl, signal);
    }),
  );
  return files;
}

async function upload({ path, file }: LocalOutput, url: string, signal: AbortSignal): Promise<void> {
  try {
    const blob = await blobAt(url);
    const send = () =>
      blob.uploadFile(path, {
        abortSignal: signal,
        maxSingleShotSize: SINGLE_PUT_BYTES,
        blockSize: SINGLE_PUT_BYTES,
        concurrency: 2,
        blobHTTPHeaders: { blobContentType: file.contentType },
      });
    // A store that is away costs waiting, not the run that made the file.
    await retry(send, { policy: UNTIL_IT_WORKS, signal, isTransient: isStoreAway });
  } catch (cause) {
    signal.throwIfAborted();
    // The message of the SDK may carry the SAS; the cause stays in this process.
    throw runFailure('OUTPUT_UPLOAD_FAILED', `${file.fileName} could not be uploaded`, {
      retryable: true,
      cause,
    });
  }
}
