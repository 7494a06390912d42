import { sql } from 'kysely';
import type { Database } from './database.ts';

/** What a SQL Server may be able to do or not, and migrations may ask for. SQLite can do none of it. */
export const CAPABILITIES = [
  'columnstore',
  'in-memory-oltp',
  'query-store',
  'automatic-tuning',
  'database-event-session',
  'server-event-session',
] as const;
export type CapabilityName = (typeof CAPABILITIES)[number];

export interface Capability {
  readonly name: CapabilityName;
  readonly available: boolean;
  /** Why, or why not and what would change it; at most 400 characters. */
  readonly detail: string;
}

/** What `npm run migrate` has found this database to be able to do. Empty on SQLite. */
export async function readCapabilities({
  dialect,
  read,
}: Pick<Database, 'dialect' | 'read'>): Promise<ReadonlySet<CapabilityName>> {
  if (dialect === 'sqlite') return new Set();
  const { rows } = await sql<{
    name: string;
  }>`select name from dbo.McmsCapability where available = 1 order by name`.execute(read);
  const found = new Set(rows.map(({ name }) => name));
  return new Set(CAPABILITIES.filter((name) => found.has(name)));
}
