import { createHash } from 'node:crypto';
import { type TagCondition, expectedVersion } from '../../shared/http/index.ts';
import type { RoutingDetail } from '../../shared/routings/contracts.ts';

/**
 * Entity tag of a routing: its version, and after a dot a digest of its last command, if it has one. A command moves on without
 * changing the routing: a reader must not be told "not modified" then, and a writer must not be refused.
 */
export function routingTag({ version, lastCommand }: RoutingDetail): string {
  if (lastCommand === null) return `"${version}"`;
  const digest = createHash('sha256').update(JSON.stringify(lastCommand)).digest('base64url');
  return `"${version}.${digest.slice(0, 16)}"`;
}

/** The routing version that `If-Match` asks for, whatever the last command was; undefined for `*`. */
export function expectedRoutingVersion(ifMatch: TagCondition | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch === '*') return undefined;
  return expectedVersion(ifMatch.map((tag) => ({ ...tag, value: tag.value.replace(/\..*$/, '') })));
}
