import type { BulkRow } from '../../../shared/data/index.ts';
import type { FieldError } from '../../../shared/errors.ts';
import { type PreparedBatch, changeOf, rowsOf } from '../batch.ts';
import { type ImportChange, historyRow } from '../change.ts';
import { derivedId } from '../derived-id.ts';
import type { KnownItem } from './known-items.ts';
import type { ItemRecord } from './record.ts';

/** What tells the rows of one record apart in their ids. */
const SLOT = { item: 0, revision: 1, itemEntry: 2, revisionEntry: 3 } as const;

/** Collects what a batch of records adds to the items that are there. */
export class ItemRows {
  readonly #known: Map<string, KnownItem>;
  readonly #change: ImportChange;
  /** Item code to its id, for items made here. */
  readonly #made = new Map<string, string>();
  readonly #revisions: BulkRow<'ItemRevision'>[] = [];
  readonly #history: BulkRow<'HistoryEntry'>[] = [];

  /** `known` is kept up to date with what is added. */
  constructor(known: Map<string, KnownItem>, change: ImportChange) {
    this.#known = known;
    this.#change = change;
  }

  /** What becomes of a record; nothing of it is added when something is wrong with it. */
  add(record: number, value: ItemRecord): 'added' | 'there' | FieldError {
    const item = this.#known.get(value.itemCode);
    const { description = null, revisionDescription = null, revisionCode } = value;
    if (item && item.name !== value.name) return differs('name', item.name);
    if (item && item.description !== description) return differs('description', item.description);
    const revision = revisionCode === undefined ? undefined : item?.revisions.get(revisionCode);
    if (revision && revision.description !== revisionDescription) {
      return differs('revisionDescription', revision.description);
    }
    if (item && (revisionCode === undefined || revision)) return 'there';
    const target = item ?? this.#makeItem(record, value);
    if (revisionCode !== undefined) this.#makeRevision(record, { ...value, revisionCode }, target);
    return 'added';
  }

  prepared(): PreparedBatch {
    const { at, by } = this.#change;
    const items: BulkRow<'Item'>[] = [];
    const changes = [];
    for (const [itemCode, item] of this.#known) {
      const itemId = this.#made.get(itemCode);
      if (itemId !== undefined) {
        const { name, description } = item;
        const stamps = { createdAt: at, createdBy: by, changedAt: at, changedBy: by };
        items.push({ itemId, itemCode, name, description, version: 1 + item.added, ...stamps });
      } else if (item.added > 0) {
        changes.push(
          changeOf('Item', {
            set: { version: item.version + item.added, changedAt: at, changedBy: by },
            where: { itemCode, version: item.version },
          }),
        );
      }
    }
    return {
      inserts: [
        rowsOf('Item', items),
        rowsOf('ItemRevision', this.#revisions),
        rowsOf('HistoryEntry', this.#history),
      ],
      changes,
    };
  }

  #makeItem(record: number, { itemCode, name, description }: ItemRecord): KnownItem {
    const item: KnownItem = {
      name,
      description: description ?? null,
      version: 0,
      revisions: new Map(),
      added: 0,
    };
    this.#known.set(itemCode, item);
    this.#made.set(itemCode, this.#id(record, SLOT.item));
    const fact = { itemCode, changeType: 'ItemCreated', currentValue: name } as const;
    this.#history.push(historyRow(this.#change, this.#id(record, SLOT.itemEntry), fact));
    return item;
  }

  #makeRevision(
    record: number,
    { itemCode, revisionCode, revisionDescription }: ItemRecord & { readonly revisionCode: string },
    item: KnownItem,
  ): void {
    const description = revisionDescription ?? null;
    item.revisions.set(revisionCode, { description });
    item.added += 1;
    this.#revisions.push({
      itemRevisionId: this.#id(record, SLOT.revision),
      itemCode,
      revisionCode,
      description,
      createdAt: this.#change.at,
      createdBy: this.#change.by,
    });
    const fact = {
      changeType: 'RevisionCreated',
      itemCode,
      revisionCode,
      currentValue: revisionCode,
    } as const;
    this.#history.push(historyRow(this.#change, this.#id(record, SLOT.revisionEntry), fact));
  }

  #id(record: number, slot: number): string {
    return derivedId(this.#change.fileDigest, record, slot);
  }
}

function differs(path: string, there: string | null): FieldError {
  const shown = there === null ? 'nothing' : JSON.stringify(there.slice(0, 100));
  return { path, message: `is otherwise than what is there already: ${shown}` };
}
