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
