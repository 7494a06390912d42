export { bound, rebind, typed } from './bound.ts';
export { removeOldCommitMarkers } from './commit-markers.ts';
export type { Database, DialectName, Queries } from './database.ts';
export { DatabaseUnavailableError, asDatabaseError, isUniqueViolation } from './errors.ts';
export { openDatabase } from './open.ts';
export { contains, firstRows, pageAfter, type PageKey } from './page.ts';
export type * from './schema.ts';
