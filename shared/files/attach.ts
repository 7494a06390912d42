import type { Queries } from '../data/index.ts';
import { type Change, recordHistory } from '../history/index.ts';
import { openWorkingDraft } from '../routings/index.ts';
import { UPLOAD_LINK_MS } from './limits.ts';
import { rememberContent } from './stored-content.ts';
import { type UploadRow, moveUpload } from './upload-repository.ts';

/**
 * Makes a verified upload a file of the routing's working Draft, in place of one with the same name, with its history. Has its
 * effect once: false when the upload was decided before, and nothing is written then.
 */
export async function attachUpload(
  trx: Queries,
  {
    upload,
    sha256,
    change,
  }: { readonly upload: UploadRow; readonly sha256: string; readonly change: Change },
): Promise<boolean> {
  const { fileId, routingId, fileName, role, contentType, sizeBytes } = upload;
  const moved = await moveUpload(
    trx,
    { fileId, from: ['Pending', 'Verifying'] },
    {
      status: 'Available',
      sha256,
      completedAt: change.at,
      // The last link to write to its staging blob ends by then; the sweeper then cleans up what came by it.
      expiresAt: new Date(Date.parse(change.at) + UPLOAD_LINK_MS).toISOString(),
    },
  );
  if (!moved) return false;
  const { routing, camRev } = await openWorkingDraft(trx, routingId, change);
  const replaced = await takeOut(trx, { routingId, camRev, fileName });
  await rememberContent(trx, { sha256, sizeBytes }, change.at);
  await trx
    .insertInto('RoutingFile')
    .values({
      fileId,
      routingId,
      camRev,
      fileName,
      role,
      contentType,
      sha256,
      sizeBytes,
      uploadedAt: change.at,
      uploadedBy: change.by,
      commandId: null,
    })
    .execute();
  await recordHistory(trx, change, [
    {
      itemCode: routing.itemCode,
      revisionCode: routing.revisionCode,
      routingId,
      camRev,
      changeType: replaced ? 'FileReplaced' : 'FileAdded',
      field: `file ${fileName}`,
      previousValue: replaced ? `sha256 ${replaced.sha256}` : null,
      currentValue: `sha256 ${sha256}`,
    },
  ]);
  return true;
}

async function takeOut(
  trx: Queries,
  { routingId, camRev, fileName }: { routingId: string; camRev: number; fileName: string },
): Promise<{ readonly sha256: string } | undefined> {
  const replaced = await trx
    .selectFrom('RoutingFile')
    .select(['seq', 'sha256'])
    .where('routingId', '=', routingId)
    .where('camRev', '=', camRev)
    .where('fileName', '=', fileName)
    .executeTakeFirst();
  if (replaced) await trx.deleteFrom('RoutingFile').where('seq', '=', replaced.seq).execute();
  return replaced;
}
