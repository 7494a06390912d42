export { type ActionFacts, recordAction } from './record.ts';
