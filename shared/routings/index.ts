export {
  type CamRevisionContent,
  type RoutingRow,
  findRouting,
  readCamRevision,
} from './cam-revision-repository.ts';
export { RoutingError, type RoutingErrorCode, routingNotFound } from './errors.ts';
export { type RoutingPageRequest, routingOrders } from './list-query.ts';
export { type RoutingPage, type RoutingService, createRoutingService } from './service.ts';
export { type Viewer, viewerOf } from './viewer.ts';
export { type WorkingDraft, openWorkingDraft } from './working-draft.ts';
