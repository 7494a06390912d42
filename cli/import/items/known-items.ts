import type { Database } from '../../../shared/data/index.ts';
import { slices } from '../look-up.ts';

/** An item as it stands, with what this batch adds to it. */
export interface KnownItem {
  readonly name: string;
  readonly description: string | null;
  /** Its version in the database; 0 when this batch makes it. */
  readonly version: number;
  readonly revisions: Map<string, { readonly description: string | null }>;
  /** Revisions that this batch adds. */
  added: number;
}

/** The items of these codes that are in the database, with their revisions. */
export async function readKnownItems(
  database: Database,
  itemCodes: Iterable<string>,
): Promise<Map<string, KnownItem>> {
  const known = new Map<string, KnownItem>();
  for (const codes of slices(itemCodes)) {
    const items = await database.read
      .selectFrom('Item')
      .select(['itemCode', 'name', 'description', 'version'])
      .where('itemCode', 'in', codes)
      .execute();
    for (const { itemCode, ...item } of items) {
      known.set(itemCode, { ...item, revisions: new Map(), added: 0 });
    }
    const revisions = await database.read
      .selectFrom('ItemRevision')
      .select(['itemCode', 'revisionCode', 'description'])
      .where('itemCode', 'in', codes)
      .execute();
    for (const { itemCode, revisionCode, description } of revisions) {
      known.get(itemCode)?.revisions.set(revisionCode, { description });
    }
  }
  return known;
}
