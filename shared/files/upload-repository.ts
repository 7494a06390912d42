import type { Insertable, Selectable, Updateable } from 'kysely';
import { type Database, type Queries, type UploadSessionTable, firstRows } from '../data/index.ts';
import type { FileStatus } from './contracts.ts';

export type UploadRow = Selectable<UploadSessionTable>;

export function findUpload(queries: Queries, fileId: string): Promise<UploadRow | undefined> {
  return queries.selectFrom('UploadSession').selectAll().where('fileId', '=', fileId).executeTakeFirst();
}

export async function insertUpload(trx: Queries, upload: Insertable<UploadSessionTable>): Promise<void> {
  await trx.insertInto('UploadSession').values(upload).execute();
}

/** Changes an upload if its status is still one of `from`; of several at once exactly one succeeds. */
export async function moveUpload(
  trx: Queries,
  { fileId, from }: { readonly fileId: string; readonly from: readonly FileStatus[] },
  to: Updateable<UploadSessionTable> & { readonly status: FileStatus },
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('UploadSession')
    .set(to)
    .where('fileId', '=', fileId)
    .where('status', 'in', from)
    .executeTakeFirst();
  return Number(numUpdatedRows) === 1;
}

/** The uploads a sweep has to look at, longest due first. */
export function dueUploads(
  { read, dialect }: Pick<Database, 'read' | 'dialect'>,
  now: string,
  count: number,
): Promise<UploadRow[]> {
  const due = read
    .selectFrom('UploadSession')
    .selectAll()
    .where('status', 'in', ['Pending', 'Verifying', 'Rejected', 'Available'] satisfies FileStatus[])
    .where('expiresAt', '<=', now)
    .orderBy('expiresAt')
    .orderBy('seq');
  return firstRows(due, count, dialect).execute();
}

/** Forgets an upload whose file has become part of a routing. */
export async function forgetUpload(trx: Queries, fileId: string): Promise<void> {
  await trx
    .deleteFrom('UploadSession')
    .where('fileId', '=', fileId)
    .where('status', '=', 'Available' satisfies FileStatus)
    .execute();
}
