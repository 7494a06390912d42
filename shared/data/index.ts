export {
  BULK_TABLES,
  type BulkRow,
  type BulkRows,
  type BulkTable,
  type BulkTransaction,
  type BulkWriter,
  type BulkWriterOptions,
  type RowChange,
} from './bulk.ts';
export { COLUMNS } from './columns.ts';
export { bound, rebind, typed } from './bound.ts';
export { removeOldCommitMarkers } from './commit-markers.ts';
export { compiledByShape } from './compiled-by-shape.ts';
export type { Database, DialectName, Queries } from './database.ts';
export { DatabaseUnavailableError, asDatabaseError, isTransient, isUniqueViolation } from './errors.ts';
export { openBulkWriter } from './open-bulk.ts';
export { openDatabase } from './open.ts';
export { contains, cutPage, firstRows, pageAfter, type PageKey } from './page.ts';
export type * from './schema.ts';
