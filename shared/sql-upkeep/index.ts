export { CapabilityGate } from './capabilities.ts';
export { type ColumnstoreReport, maintainColumnstore } from './columnstore/maintain.ts';
export { type ColumnstoreRepository, createColumnstoreRepository } from './columnstore/repository.ts';
export { patientConnection } from './patient-connection.ts';
export { PlanGuard } from './plans/guard.ts';
export { type PlanRepository, createPlanRepository } from './plans/repository.ts';
export { type StatementRepository, createStatementRepository } from './statements/repository.ts';
export { StatementWatch } from './statements/watch.ts';
