import { z } from 'zod';

/**
 * The `skipToken` of a list: opaque to callers, base64url of the JSON that `position` describes (the sort value and `seq` of the
 * last row). As a query field it decodes to the position; a broken or foreign one is a 400 that names it.
 */
export function skipToken<S extends z.ZodType>(position: S) {
  return z
    .string()
    .max(2000, 'is not a token of this list')
    .transform((token, ctx): z.output<S> => {
      const result = position.safeParse(decode(token));
      if (result.success) return result.data;
      ctx.issues.push({ code: 'custom', message: 'is not a token of this list', input: token });
      return z.NEVER;
    });
}

/** Writes a token; `position` is what the list's own schema reads. */
export function encodeSkipToken(position: unknown): string {
  return Buffer.from(JSON.stringify(position), 'utf8').toString('base64url');
}

/** The wire form of a list (Microsoft REST guidelines). */
export function pageOf<S extends z.ZodType>(item: S) {
  return z.strictObject({
    value: z.array(item),
    nextLink: z.url().optional().describe('Address of the next page; absent on the last one.'),
    count: z.int().min(0).optional().describe('All rows that match, when asked for by `count=true`.'),
  });
}

export interface Page<T> {
  readonly value: T[];
  readonly nextLink?: string;
  readonly count?: number;
}

/** Builds a page. `next` is the position after its last row, undefined on the last page; `url` that of the request. */
export function page<T>(
  url: URL,
  { value, next, count }: { value: T[]; next?: unknown; count?: number },
): Page<T> {
  return {
    value,
    ...(next === undefined ? {} : { nextLink: nextLink(url, next) }),
    ...(count === undefined ? {} : { count }),
  };
}

function nextLink(url: URL, next: unknown): string {
  const link = new URL(url);
  link.searchParams.set('skipToken', encodeSkipToken(next));
  return link.href;
}

function decode(token: string): unknown {
  if (!/^[\w-]+$/.test(token)) return undefined;
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
