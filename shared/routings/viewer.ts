import { type Principal, hasAnyRole } from '../auth/index.ts';
import { type RoutingAction, routingActions } from './contracts.ts';

/**
 * What a caller gets to see of routings. `working`: everything, each routing as its working CAM revision. `floor`: only released
 * routings, each as its released CAM revision; nothing else exists for them.
 */
export interface Viewer {
  readonly view: 'working' | 'floor';
  readonly allowedActions: readonly RoutingAction[];
}

export function viewerOf(principal: Principal): Viewer {
  return {
    view: hasAnyRole(principal, ['Mcms.Reader']) ? 'working' : 'floor',
    allowedActions: hasAnyRole(principal, ['Mcms.Engineer']) ? routingActions : [],
  };
}
