import type { Principal } from '../shared/auth/index.ts';
import { commandIdOf } from '../shared/cam-commands/index.ts';

/** The id of what this request makes, so that its repetition finds it; undefined without an `Idempotency-Key`. */
export function keyedId(
  { subject }: Principal,
  { idempotencyKey: key, url }: { readonly idempotencyKey: string | undefined; readonly url: URL },
): string | undefined {
  return key === undefined ? undefined : commandIdOf({ subject, path: url.pathname, key });
}
