import { HttpError, fieldInvalid } from './errors.ts';

/** An entity tag (RFC 9110 section 8.8.3): the text between its quotes, and whether it is weak. */
export interface EntityTag {
  readonly value: string;
  readonly weak: boolean;
}

/** The value of `If-Match` or `If-None-Match`: any current representation, or one of a list. */
export type TagCondition = '*' | readonly EntityTag[];

const TAG = /\s*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)/y;

/** The strong tag of a row: its version in quotes. */
export function versionTag(version: number): string {
  return `"${version}"`;
}

/** Parses `If-Match` / `If-None-Match`; undefined when absent. A malformed one is a 400 naming the header. */
export function parseTagCondition(header: string, value: string | undefined): TagCondition | undefined {
  if (value === undefined) return undefined;
  if (value.trim() === '*') return '*';
  const tags: EntityTag[] = [];
  TAG.lastIndex = 0;
  while (TAG.lastIndex < value.length) {
    const match = TAG.exec(value);
    if (!match) break;
    tags.push({ value: match[2] ?? '', weak: match[1] !== undefined });
    if (TAG.lastIndex === value.length) return tags;
  }
  throw fieldInvalid(header, 'must be * or a list of entity tags such as "3"');
}

/** Whether a response with this tag may be answered by 304 (weak comparison, RFC 9110 section 13.1.2). */
export function matchesNone(condition: TagCondition | undefined, etag: string): boolean {
  if (condition === undefined) return false;
  if (condition === '*') return true;
  const value = etag.replace(/^W\//, '').slice(1, -1);
  return condition.some((tag) => tag.value === value);
}

/**
 * The row version a write expects by its `If-Match`: undefined for `*` (whatever is there) and for no condition. The tag must
 * be strong, as `If-Match` compares strongly; one that no row can have is a 412 at once.
 */
export function expectedVersion(ifMatch: TagCondition | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  const [tag, ...others] = ifMatch;
  if (!tag || others.length > 0) throw fieldInvalid('If-Match', 'must carry one entity tag');
  const version = tag.weak || !/^[1-9]\d{0,14}$/.test(tag.value) ? undefined : Number(tag.value);
  if (version === undefined) throw preconditionFailed();
  return version;
}

/** 412: what the caller read is no longer the current state. */
export function preconditionFailed(currentVersion?: number): HttpError {
  const options =
    currentVersion === undefined
      ? {}
      : { extensions: { currentVersion }, httpHeaders: { ETag: versionTag(currentVersion) } };
  return new HttpError(
    'precondition-failed',
    'It has changed since it was read; read it again first.',
    options,
  );
}
