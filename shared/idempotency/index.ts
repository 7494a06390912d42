export { createSqlIdempotencyStore, removeExpiredKeys } from './sql-store.ts';
