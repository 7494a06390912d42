import type { Database } from '../../../shared/data/index.ts';
import type { FieldError } from '../../../shared/errors.ts';
import { keyOf, slices } from '../look-up.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { HistoryRecord } from './record.ts';

const CACHED_KEYS = 50_000;

interface KnownRouting {
  readonly routingId: string;
  readonly itemCode: string;
  readonly revisionCode: string;
}

/** A routing that is not there is remembered as such. */
type Known<T> = T | 'unknown';

/** What an entry is about, resolved. */
export interface Subject {
  readonly revisionCode: string | null;
  readonly routingId: string | null;
}

/**
 * Looks up what entries name. Each look-up is made once for a piece of the file and remembered within bounds, so that memory
 * does not grow with the database.
 */
export class References {
  readonly #database: Database;
  readonly #allowUnknown: boolean;
  readonly #items = new BoundedCache<Known<true>>(CACHED_KEYS);
  readonly #revisions = new BoundedCache<Known<true>>(CACHED_KEYS);
  readonly #routingsById = new BoundedCache<Known<KnownRouting>>(CACHED_KEYS);
  readonly #routingsByCode = new BoundedCache<Known<KnownRouting>>(CACHED_KEYS);

  /** `allowUnknown` takes entries on items, revisions and routing ids that are not in the database. */
  constructor(database: Database, { allowUnknown }: { allowUnknown: boolean }) {
    this.#database = database;
    this.#allowUnknown = allowUnknown;
  }

  /** To be called with a piece of the file before its entries are resolved. At most some thousand at a time. */
  async load(entries: readonly HistoryRecord[]): Promise<void> {
    if (!this.#allowUnknown) {
      await this.#loadItems(entries);
      await this.#loadRevisions(entries);
    }
    await this.#loadRoutingsById(entries);
    await this.#loadRoutingsByCode(entries);
  }

  /** Of a loaded entry: what it is about, or what is wrong with that. */
  resolve(entry: HistoryRecord): Subject | FieldError {
    const { itemCode, revisionCode, routingId, routingCode } = entry;
    if (routingCode !== undefined && revisionCode !== undefined) {
      const routing = this.#routingsByCode.get(keyOf(itemCode, revisionCode, routingCode)) ?? 'unknown';
      if (routing !== 'unknown') return routing;
      return { path: 'routingCode', message: `there is no such routing of ${itemCode} ${revisionCode}` };
    }
    if (routingId !== undefined) {
      const routing = this.#routingsById.get(routingId) ?? 'unknown';
      if (routing === 'unknown') {
        if (!this.#allowUnknown) return { path: 'routingId', message: 'there is no such routing' };
      } else if (
        routing.itemCode === itemCode &&
        (revisionCode ?? routing.revisionCode) === routing.revisionCode
      ) {
        return routing;
      } else {
        const message = `is a routing of ${routing.itemCode} ${routing.revisionCode}`;
        return { path: 'routingId', message };
      }
    }
    return (
      (this.#allowUnknown ? undefined : this.#missing(entry)) ?? {
        revisionCode: revisionCode ?? null,
        routingId: routingId ?? null,
      }
    );
  }

  #missing({ itemCode, revisionCode }: HistoryRecord): FieldError | undefined {
    if (this.#items.get(itemCode) !== true) return { path: 'itemCode', message: 'there is no such item' };
    if (revisionCode === undefined || this.#revisions.get(keyOf(itemCode, revisionCode)) === true)
      return undefined;
    return { path: 'revisionCode', message: `there is no such revision of ${itemCode}` };
  }

  async #loadItems(entries: readonly HistoryRecord[]): Promise<void> {
    const wanted = entries.map(({ itemCode }) => itemCode);
    for (const codes of slices(wanted.filter((code) => this.#items.get(code) === undefined))) {
      const rows = await this.#database.read
        .selectFrom('Item')
        .select('itemCode')
        .where('itemCode', 'in', codes)
        .execute();
      for (const code of codes) this.#items.set(code, 'unknown');
      for (const { itemCode } of rows) this.#items.set(itemCode, true);
    }
  }

  async #loadRevisions(entries: readonly HistoryRecord[]): Promise<void> {
    const wanted = new Map<string, { itemCode: string; revisionCode: string }>();
    for (const { itemCode, revisionCode } of entries) {
      if (revisionCode === undefined) continue;
      const key = keyOf(itemCode, revisionCode);
      if (this.#revisions.get(key) === undefined) wanted.set(key, { itemCode, revisionCode });
    }
    for (const part of slices(wanted)) {
      const rows = await this.#database.read
        .selectFrom('ItemRevision')
        .select(['itemCode', 'revisionCode'])
        .where('itemCode', 'in', [...new Set(part.map(([, { itemCode }]) => itemCode))])
        .where('revisionCode', 'in', [...new Set(part.map(([, { revisionCode }]) => revisionCode))])
        .execute();
      for (const [key] of part) this.#revisions.set(key, 'unknown');
      for (const { itemCode, revisionCode } of rows) this.#revisions.set(keyOf(itemCode, revisionCode), true);
    }
  }

  async #loadRoutingsById(entries: readonly HistoryRecord[]): Promise<void> {
    const wanted = entries.flatMap(({ routingId }) =>
      routingId !== undefined && this.#routingsById.get(routingId) === undefined ? [routingId] : [],
    );
    for (const ids of slices(wanted)) {
      const rows = await this.#database.read
        .selectFrom('Routing')
        .select(['routingId', 'itemCode', 'revisionCode'])
        .where('routingId', 'in', ids)
        .execute();
      for (const id of ids) this.#routingsById.set(id, 'unknown');
      for (const row of rows) this.#routingsById.set(row.routingId, row);
    }
  }

  async #loadRoutingsByCode(entries: readonly HistoryRecord[]): Promise<void> {
    const wanted = new Map<string, { itemCode: string; routingCode: string }>();
    for (const { itemCode, revisionCode, routingCode } of entries) {
      if (routingCode === undefined || revisionCode === undefined) continue;
      const key = keyOf(itemCode, revisionCode, routingCode);
      if (this.#routingsByCode.get(key) === undefined) wanted.set(key, { itemCode, routingCode });
    }
    for (const part of slices(wanted)) {
      const rows = await this.#database.read
        .selectFrom('Routing')
        .select(['routingId', 'itemCode', 'revisionCode', 'routingCode'])
        .where('itemCode', 'in', [...new Set(part.map(([, { itemCode }]) => itemCode))])
        .where('routingCode', 'in', [...new Set(part.map(([, { routingCode }]) => routingCode))])
        .execute();
      for (const [key] of part) this.#routingsByCode.set(key, 'unknown');
      for (const { routingCode, ...row } of rows) {
        this.#routingsByCode.set(keyOf(row.itemCode, row.revisionCode, routingCode), row);
      }
    }
  }
}
