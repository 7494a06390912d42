import type { Queries } from '../data/index.ts';
import { type Change, recordHistory } from '../history/index.ts';
import { openWorkingDraft } from '../routings/index.ts';
import { type SignedUrl, uploadStagingName } from './content-store.ts';
import type { File } from './contracts.ts';
import type { FileDeps } from './deps.ts';
import { FileError } from './errors.ts';
import { type FoundFile, findFile } from './file-repository.ts';
import { READ_LINK_MS } from './limits.ts';
import { moveUpload } from './upload-repository.ts';
import type { FileViewer } from './viewer.ts';

/** Reading and removing files. What a viewer may not know of is `file-not-found` to them. */
export interface FileService {
  /** @throws {FileError} `file-not-found` */
  get(viewer: FileViewer, fileId: string): Promise<File>;
  /** A link to the verified bytes. @throws {FileError} `file-not-found`, `file-not-released`, `file-not-available` */
  contentLink(viewer: FileViewer, fileId: string): Promise<SignedUrl>;
  /**
   * Takes a file out of the working Draft, or ends an upload under way.
   * @throws {FileError} `file-not-found`, `file-not-draft`, `not-your-upload`
   */
  remove(fileId: string, change: Change): Promise<void>;
}

export function createFileService({ database, content }: FileDeps): FileService {
  const find = async (viewer: FileViewer, fileId: string): Promise<FoundFile> => {
    const found = await findFile(database.read, fileId);
    if (!found || !isVisible(found, viewer)) throw new FileError('file-not-found');
    return found;
  };
  return {
    get: async (viewer, fileId) => (await find(viewer, fileId)).file,

    contentLink: async (viewer, fileId) => {
      const found = await find(viewer, fileId);
      if (found.kind === 'upload') throw new FileError('file-not-available', { status: found.file.status });
      if (viewer.downloads === 'released' && !found.isReleased) throw new FileError('file-not-released');
      return content.readUrl(found.file.sha256, found.file, READ_LINK_MS);
    },

    remove: async (fileId, change) => {
      const ended = await database.transaction(async (trx) => {
        const found = await findFile(trx, fileId);
        if (!found) throw new FileError('file-not-found');
        if (found.kind === 'upload') return endUpload(trx, found, change);
        await removeFromDraft(trx, found, change);
        return false;
      });
      if (ended) await content.discard(uploadStagingName(fileId));
    },
  };
}

function isVisible(found: FoundFile, viewer: FileViewer): boolean {
  if (found.kind === 'upload') return viewer.seesUploads;
  return viewer.sees === 'everything' || found.isReleased;
}

async function removeFromDraft(
  trx: Queries,
  { file, isDraft }: Extract<FoundFile, { kind: 'stored' }>,
  change: Change,
): Promise<void> {
  if (!isDraft) throw new FileError('file-not-draft', { camRev: file.camRev });
  const { routing, camRev } = await openWorkingDraft(trx, file.routingId, change);
  // It left Draft in between: the refusal takes the next CAM revision back that was started for it.
  if (camRev !== file.camRev) throw new FileError('file-not-draft', { camRev: file.camRev });
  const { numDeletedRows } = await trx
    .deleteFrom('RoutingFile')
    .where('fileId', '=', file.fileId)
    .executeTakeFirst();
  if (Number(numDeletedRows) === 0) throw new FileError('file-not-found');
  await recordHistory(trx, change, [
    {
      itemCode: routing.itemCode,
      revisionCode: routing.revisionCode,
      routingId: file.routingId,
      camRev,
      changeType: 'FileRemoved',
      field: `file ${file.fileName}`,
      previousValue: `sha256 ${file.sha256}`,
    },
  ]);
}

async function endUpload(
  trx: Queries,
  { upload }: Extract<FoundFile, { kind: 'upload' }>,
  change: Change,
): Promise<boolean> {
  if (upload.createdBy !== change.by) throw new FileError('not-your-upload');
  const open = { fileId: upload.fileId, from: ['Pending', 'Verifying', 'Rejected'] as const };
  if (!(await moveUpload(trx, open, { status: 'Expired' }))) throw new FileError('file-not-found');
  return true;
}
