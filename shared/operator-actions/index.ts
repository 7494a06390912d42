export { type OperatorActionFilter, actionsOfCommand, listActions } from './list.ts';
export { type ActionFacts, findAction, recordAction } from './record.ts';
