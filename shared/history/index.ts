export { type CallFacts, changeBy } from './change.ts';
export { archiveHistory } from './archive.ts';
export {
  type ActorKind,
  type CamRevisionSummary,
  type ChangeType,
  type HistoryEntry,
  actorKinds,
  camRevisionSummary,
  changeTypes,
  historyEntry,
} from './contracts.ts';
export { type Change, type HistoryFact, recordHistory } from './record.ts';
export { type HistoryFilter } from './repository.ts';
export { type HistoryPage, type HistoryService, createHistoryService } from './service.ts';
