import type { Insertable } from 'kysely';
import type { Schema } from '../../shared/data/index.ts';

/** The tables the seed fills, parents first. */
export const SEEDED_TABLES = [
  'Item',
  'ItemRevision',
  'Routing',
  'CamRevision',
  'RoutingStep',
  'HistoryEntry',
] as const;
export type SeededTable = (typeof SEEDED_TABLES)[number];

/** Rows waiting to be written, by table. */
export type SeedRows = { readonly [T in SeededTable]: Insertable<Schema[T]>[] };

export function noRows(): SeedRows {
  return { Item: [], ItemRevision: [], Routing: [], CamRevision: [], RoutingStep: [], HistoryEntry: [] };
}
