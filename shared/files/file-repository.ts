import type { Selectable } from 'kysely';
import type { Queries, RoutingFileTable } from '../data/index.ts';
import type { File, FileRole, FileStatus } from './contracts.ts';
import { type UploadRow, findUpload } from './upload-repository.ts';

/** A file as it can be found by its id. */
export type FoundFile =
  | {
      readonly kind: 'stored';
      readonly file: File & { readonly camRev: number; readonly sha256: string };
      /** It belongs to the CAM revision on the floor. */
      readonly isReleased: boolean;
      /** It belongs to a Draft that is being worked on. */
      readonly isDraft: boolean;
    }
  | { readonly kind: 'upload'; readonly file: File; readonly upload: UploadRow };

/** Looks among the files of routings, what commands made and was replaced since, then the uploads under way. */
export async function findFile(queries: Queries, fileId: string): Promise<FoundFile | undefined> {
  return (
    (await findRoutingFile(queries, fileId)) ??
    (await findReplacedOutput(queries, fileId)) ??
    (await findUploadUnderWay(queries, fileId))
  );
}

/** A file of a routing, in whatever CAM revision. */
export async function findRoutingFile(
  queries: Queries,
  fileId: string,
): Promise<Extract<FoundFile, { kind: 'stored' }> | undefined> {
  const found = await queries
    .selectFrom('RoutingFile')
    .innerJoin('Routing', 'Routing.routingId', 'RoutingFile.routingId')
    .selectAll('RoutingFile')
    .select(['Routing.releasedCamRev', 'Routing.workingCamRev', 'Routing.status as routingStatus'])
    .where('RoutingFile.fileId', '=', fileId)
    .executeTakeFirst();
  if (!found) return undefined;
  const { releasedCamRev, workingCamRev, routingStatus, ...row } = found;
  return {
    kind: 'stored',
    file: storedFile(row),
    isReleased: row.camRev === releasedCamRev,
    isDraft: row.camRev === workingCamRev && routingStatus === 'Draft',
  };
}

async function findReplacedOutput(queries: Queries, fileId: string): Promise<FoundFile | undefined> {
  const found = await queries
    .selectFrom('CamCommandOutput')
    .innerJoin('CamCommand', 'CamCommand.commandId', 'CamCommandOutput.commandId')
    .selectAll('CamCommandOutput')
    .select('CamCommand.workstation')
    .where('CamCommandOutput.fileId', '=', fileId)
    .executeTakeFirst();
  if (!found) return undefined;
  const { madeAt, workstation, ...row } = found;
  const file = storedFile({ ...row, uploadedAt: madeAt, uploadedBy: workstation ?? '' });
  return { kind: 'stored', file, isReleased: false, isDraft: false };
}

/**
 * An `Available` upload may have become a routing's file since that was looked for. If it is in no routing then either, it was replaced
 * or removed: there is none.
 */
async function findUploadUnderWay(queries: Queries, fileId: string): Promise<FoundFile | undefined> {
  const upload = await findUpload(queries, fileId);
  if (!upload) return undefined;
  if (upload.status === 'Available') return findRoutingFile(queries, fileId);
  return { kind: 'upload', file: uploadedFile(upload), upload };
}

function storedFile(row: Omit<Selectable<RoutingFileTable>, 'seq'>) {
  return {
    fileId: row.fileId,
    routingId: row.routingId,
    camRev: row.camRev,
    fileName: row.fileName,
    role: row.role as FileRole,
    contentType: row.contentType,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    status: 'Available' as const,
    rejectReason: null,
    uploadedAt: row.uploadedAt,
    uploadedBy: row.uploadedBy,
    commandId: row.commandId,
  };
}

function uploadedFile(row: UploadRow): File {
  return {
    fileId: row.fileId,
    routingId: row.routingId,
    camRev: null,
    fileName: row.fileName,
    role: row.role as FileRole,
    contentType: row.contentType,
    sizeBytes: row.sizeBytes,
    sha256: row.sha256,
    status: row.status as FileStatus,
    rejectReason: row.rejectReason,
    uploadedAt: null,
    uploadedBy: row.createdBy,
    commandId: null,
  };
}
