import type { Change } from '../history/index.ts';
import type { OutboxEntry } from '../outbox/index.ts';
import { createLogger, currentTraceId } from '../telemetry/index.ts';
import { attachUpload } from './attach.ts';
import { type TakeInResult, uploadStagingName } from './content-store.ts';
import type { FileDeps } from './deps.ts';
import { REJECTED_LIFETIME_MS } from './limits.ts';
import { type UploadRow, findUpload, moveUpload } from './upload-repository.ts';

export const VERIFICATION_QUEUE = 'file-verification';

const log = createLogger('files');

/** Asks for the verification of a large file. */
export function verificationEntry(fileId: string): OutboxEntry {
  const body = { schemaVersion: 1, fileId };
  return { kind: 'message', queue: VERIFICATION_QUEUE, messageId: fileId, body };
}

/** Verifies a large file whose message has come. One that is decided already, or was cancelled, is left as it is. */
export async function runVerification(deps: FileDeps, fileId: string): Promise<void> {
  const upload = await findUpload(deps.database.read, fileId);
  if (upload?.status !== 'Verifying' || upload.sha256 === null) {
    log.info('nothing to verify', { fileId, status: upload?.status ?? 'unknown' });
    return;
  }
  const change: Change = {
    by: upload.createdBy,
    kind: upload.createdByKind as Change['kind'],
    at: deps.clock.now().toISOString(),
    traceId: currentTraceId(),
  };
  await verifyUpload(deps, { upload, sha256: upload.sha256, change });
}

/** Takes the bytes in and decides the upload: `Available` on the working Draft, or `Rejected`. May run twice at the same time. */
export async function verifyUpload(
  deps: FileDeps,
  {
    upload,
    sha256,
    change,
  }: { readonly upload: UploadRow; readonly sha256: string; readonly change: Change },
): Promise<void> {
  const taken = await takeIn(deps, upload, sha256);
  const attached = await deps.database.transaction(async (trx) => {
    if (taken.kind === 'stored') return attachUpload(trx, { upload, sha256, change });
    await rejectUpload(trx, upload, { reason: taken.reason, at: change.at });
    return false;
  });
  if (attached) await tidyUp(deps, upload.fileId);
}

/** Ends an upload for good, unless it was decided before. */
export function rejectUpload(
  trx: Parameters<typeof moveUpload>[0],
  { fileId }: Pick<UploadRow, 'fileId'>,
  { reason, at }: { readonly reason: string; readonly at: string },
): Promise<boolean> {
  return moveUpload(
    trx,
    { fileId, from: ['Pending', 'Verifying'] },
    {
      status: 'Rejected',
      rejectReason: reason.slice(0, 500),
      completedAt: at,
      expiresAt: new Date(Date.parse(at) + REJECTED_LIFETIME_MS).toISOString(),
    },
  );
}

/** What was announced at the start, named at the end and uploaded in between must be one and the same. */
async function takeIn({ content }: FileDeps, upload: UploadRow, sha256: string): Promise<TakeInResult> {
  if (upload.sha256 !== null && upload.sha256 !== sha256) {
    return { kind: 'mismatch', reason: `SHA-256 ${upload.sha256} was announced, not ${sha256}` };
  }
  return content.takeIn(uploadStagingName(upload.fileId), { sha256, sizeBytes: upload.sizeBytes });
}

async function tidyUp({ content }: FileDeps, fileId: string): Promise<void> {
  try {
    await content.discard(uploadStagingName(fileId));
  } catch (error) {
    // The file is there; the sweeper removes the staging blob.
    log.warn('a staging blob could not be removed yet', { fileId, error });
  }
}
