import { UnavailableError } from '../errors.ts';
import { addToOutbox } from '../outbox/index.ts';
import { createLogger, currentTraceparent } from '../telemetry/index.ts';
import { uploadStagingName } from './content-store.ts';
import type { FileDeps } from './deps.ts';
import { VERIFICATION_GIVE_UP_MS, VERIFICATION_OVERDUE_MS } from './limits.ts';
import { type UploadRow, dueUploads, forgetUpload, moveUpload } from './upload-repository.ts';
import { rejectUpload, verificationEntry } from './verify.ts';

const BATCH = 100;
const log = createLogger('files');

export type SweepStep =
  /** Nobody finished it, or it was rejected a day ago: its staging blob goes. */
  | 'expire'
  /** Its file is there; what an old link may have written to its staging blob since goes. */
  | 'forget'
  /** Its verification is overdue: it is asked for again. */
  | 'verify-again'
  /** It could not be verified for a day. */
  | 'give-up';

/** What an upload that is due needs. */
export function sweepStep(upload: Pick<UploadRow, 'status' | 'createdAt'>, now: Date): SweepStep {
  if (upload.status === 'Available') return 'forget';
  if (upload.status !== 'Verifying') return 'expire';
  const ageMs = now.getTime() - Date.parse(upload.createdAt);
  return ageMs > VERIFICATION_GIVE_UP_MS ? 'give-up' : 'verify-again';
}

/**
 * One round over the uploads that are due, at most a hundred; the rest waits for the next round. One that fails by itself is logged
 * and left for the next round too. Staging blobs of attempts are not looked at: the store's lifecycle rule removes them.
 * @throws {UnavailableError} when the database or the store is away
 */
export async function sweepUploads(deps: FileDeps): Promise<Record<SweepStep, number>> {
  const done = { expire: 0, forget: 0, 'verify-again': 0, 'give-up': 0 };
  const now = deps.clock.now();
  for (const upload of await dueUploads(deps.database, now.toISOString(), BATCH)) {
    const step = sweepStep(upload, now);
    try {
      await STEPS[step](deps, upload, now);
      done[step] += 1;
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      log.error('an upload could not be swept', { fileId: upload.fileId, step, error });
    }
  }
  return done;
}

const STEPS: Readonly<Record<SweepStep, (deps: FileDeps, upload: UploadRow, now: Date) => Promise<void>>> = {
  expire: async ({ database, content }, { fileId }) => {
    // The blob first: should this end in between, the next round finds the upload again.
    await content.discard(uploadStagingName(fileId));
    await database.transaction((trx) =>
      moveUpload(trx, { fileId, from: ['Pending', 'Rejected'] }, { status: 'Expired' }),
    );
  },
  forget: async ({ database, content }, { fileId }) => {
    await content.discard(uploadStagingName(fileId));
    await database.transaction((trx) => forgetUpload(trx, fileId));
  },
  'verify-again': async ({ database }, { fileId }, now) => {
    const expiresAt = new Date(now.getTime() + VERIFICATION_OVERDUE_MS).toISOString();
    await database.transaction(async (trx) => {
      const open = { fileId, from: ['Verifying'] as const };
      if (!(await moveUpload(trx, open, { status: 'Verifying', expiresAt }))) return;
      await addToOutbox(trx, [verificationEntry(fileId)], { now, traceparent: currentTraceparent() });
    });
  },
  'give-up': async ({ database }, upload, now) => {
    await database.transaction((trx) =>
      rejectUpload(trx, upload, { reason: 'it could not be verified within a day', at: now.toISOString() }),
    );
  },
};
