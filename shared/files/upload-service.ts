import { randomUUID } from 'node:crypto';
import type { Change } from '../history/index.ts';
import { addToOutbox } from '../outbox/index.ts';
import { findRouting, routingNotFound } from '../routings/index.ts';
import { currentTraceparent } from '../telemetry/index.ts';
import type { Clock } from '../time/clock.ts';
import { blockIndex } from './block-id.ts';
import { uploadStagingName } from './content-store.ts';
import type { File, FileRole, ResumedUpload, StartedUpload } from './contracts.ts';
import type { FileDeps } from './deps.ts';
import { FileError } from './errors.ts';
import { findFile } from './file-repository.ts';
import {
  UPLOAD_LIFETIME_MS,
  UPLOAD_LINK_MS,
  VERIFICATION_OVERDUE_MS,
  VERIFY_AT_ONCE_BYTES,
  blockSizeBytes,
} from './limits.ts';
import { type UploadRow, insertUpload, moveUpload } from './upload-repository.ts';
import { verificationEntry, verifyUpload } from './verify.ts';

export interface NewUpload {
  readonly routingId: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly role: FileRole;
  readonly contentType: string;
  readonly sha256?: string | undefined;
}

export interface Completion {
  readonly file: File;
  /** To be published: what asks for the verification of a large file. */
  readonly outboxIds: readonly string[];
}

/** Uploads from start to verified file. All of it throws `UnavailableError`s, and then nothing has changed. */
export interface UploadService {
  /** @throws {RoutingError} `routing-not-found` */
  start(upload: NewUpload, change: Change): Promise<StartedUpload>;
  /** @throws {FileError} `file-not-found`, `not-your-upload`, `upload-finished`, `upload-expired` */
  resume(fileId: string, change: Change): Promise<ResumedUpload>;
  /**
   * Ends an upload: `Available`, or `Verifying` when the file is large. May be repeated.
   * @throws {FileError} `file-not-found`, `not-your-upload`, `upload-expired`, `upload-mismatch`
   */
  complete(fileId: string, sha256: string, change: Change): Promise<Completion>;
}

export function createUploadService(
  deps: FileDeps,
  { verifyAtOnceBytes = VERIFY_AT_ONCE_BYTES }: { readonly verifyAtOnceBytes?: number } = {},
): UploadService {
  const { database, clock, content } = deps;
  const later = (ms: number): string => new Date(clock.now().getTime() + ms).toISOString();

  const address = async (upload: Pick<UploadRow, 'fileId' | 'sizeBytes' | 'expiresAt'>) => {
    const link = await content.uploadUrl(uploadStagingName(upload.fileId), UPLOAD_LINK_MS);
    return {
      fileId: upload.fileId,
      uploadUrl: link.url,
      blockSizeBytes: blockSizeBytes(upload.sizeBytes),
      expiresAt: link.expiresAt.toISOString(),
      resumableUntil: upload.expiresAt,
    };
  };

  const requestVerification = (upload: UploadRow, sha256: string): Promise<readonly string[]> =>
    database.transaction(async (trx) => {
      const expiresAt = later(VERIFICATION_OVERDUE_MS);
      const moved = await moveUpload(
        trx,
        { fileId: upload.fileId, from: ['Pending'] },
        { status: 'Verifying', sha256, expiresAt },
      );
      if (!moved) return [];
      const options = { now: clock.now(), traceparent: currentTraceparent() };
      return addToOutbox(trx, [verificationEntry(upload.fileId)], options);
    });

  return {
    start: async (upload, change) => {
      if (!(await findRouting(database.read, upload.routingId))) throw routingNotFound(upload.routingId);
      const session = {
        ...upload,
        fileId: randomUUID(),
        sha256: upload.sha256 ?? null,
        status: 'Pending',
        rejectReason: null,
        createdAt: change.at,
        createdBy: change.by,
        createdByKind: change.kind,
        expiresAt: later(UPLOAD_LIFETIME_MS),
        completedAt: null,
      };
      const started = await address(session);
      await database.transaction((trx) => insertUpload(trx, session));
      return started;
    },

    resume: async (fileId, change) => {
      const found = await findFile(database.read, fileId);
      if (!found) throw new FileError('file-not-found');
      if (found.kind === 'stored') throw new FileError('upload-finished', { status: found.file.status });
      requireOwner(found.upload, change);
      if (isExpired(found.upload, clock)) throw new FileError('upload-expired');
      if (found.upload.status !== 'Pending') {
        throw new FileError('upload-finished', { status: found.upload.status });
      }
      const blocks = await content.uploadedBlocks(uploadStagingName(fileId));
      return {
        ...(await address(found.upload)),
        blocks: blocks.map(({ id, sizeBytes }) => ({ blockId: id, index: blockIndex(id), sizeBytes })),
      };
    },

    complete: async (fileId, sha256, change) => {
      const found = await findFile(database.read, fileId);
      if (!found || found.file.commandId !== null) throw new FileError('file-not-found');
      if (found.kind === 'stored') return { file: requireDigest(found.file, sha256), outboxIds: [] };
      const { upload } = found;
      requireOwner(upload, change);
      if (isExpired(upload, clock)) throw new FileError('upload-expired');
      if (upload.status === 'Rejected') {
        throw new FileError('upload-mismatch', { status: 'Rejected', reason: upload.rejectReason });
      }
      if (upload.status === 'Verifying') return { file: requireDigest(found.file, sha256), outboxIds: [] };
      const isLarge = upload.sizeBytes > verifyAtOnceBytes;
      const outboxIds = isLarge ? await requestVerification(upload, sha256) : [];
      if (!isLarge) await verifyUpload(deps, { upload, sha256, change });
      // Another call may have decided it in the meantime: what holds now is the answer.
      return { file: await outcome(deps, fileId, sha256), outboxIds };
    },
  };
}

async function outcome({ database }: FileDeps, fileId: string, sha256: string): Promise<File> {
  const found = await findFile(database.read, fileId);
  if (!found) throw new FileError('file-not-found');
  const { file } = found;
  if (file.status === 'Expired') throw new FileError('upload-expired');
  if (file.status === 'Rejected') {
    throw new FileError('upload-mismatch', { status: file.status, reason: file.rejectReason });
  }
  return requireDigest(file, sha256);
}

function requireOwner(upload: UploadRow, change: Change): void {
  if (upload.createdBy !== change.by) throw new FileError('not-your-upload');
}

/** A repeated `complete` must name the same bytes. It changes nothing about them. */
function requireDigest(file: File, sha256: string): File {
  if (file.sha256 === sha256) return file;
  const reason = `the file has SHA-256 ${file.sha256 ?? 'not yet'}, not ${sha256}`;
  throw new FileError('upload-mismatch', { status: file.status, reason });
}

function isExpired({ status, expiresAt }: UploadRow, clock: Clock): boolean {
  return status === 'Expired' || (status === 'Pending' && Date.parse(expiresAt) <= clock.now().getTime());
}
