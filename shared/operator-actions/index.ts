export { type OperatorActionFilter, actionsOfCommand, listActions } from './list.ts';
export { type ActionFacts, recordAction } from './record.ts';
