export { RoutingError, type RoutingErrorCode, routingNotFound } from './errors.ts';
export {
  type CamRevisionContent,
  type RoutingRow,
  type WorkingDraft,
  findRouting,
  openWorkingDraft,
  readCamRevision,
} from './working-draft.ts';
