import type { Queries } from '../data/index.ts';
import type { ExpectedContent } from './content-store.ts';

/** Notes verified bytes in StoredFile, once per digest. Call it in the transaction that makes a file of them visible. */
export async function rememberContent(
  trx: Queries,
  content: ExpectedContent,
  storedAt: string,
): Promise<void> {
  const known = await trx
    .selectFrom('StoredFile')
    .select('seq')
    .where('sha256', '=', content.sha256)
    .executeTakeFirst();
  if (known) return;
  await trx
    .insertInto('StoredFile')
    .values({ sha256: content.sha256, sizeBytes: content.sizeBytes, storedAt })
    .execute();
}
