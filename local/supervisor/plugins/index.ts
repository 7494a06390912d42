import type { Plugin } from '../service.ts';
import type { StackSettings } from '../settings.ts';
import { cmdHost } from './cmdhost.ts';
import { containers } from './containers.ts';
import { migrate, seed } from './database.ts';
import { azurite, capture, control, functionsHost, identity, serviceBus } from './servers.ts';

/** Every part of the product's stack, for these settings. */
export function productPlugins(settings: StackSettings): Plugin[] {
  const agents = Array.from({ length: settings.cmdHosts }, (_, index) => cmdHost(index + 1, settings));
  const database = settings.seed === 'demo' ? [migrate, seed] : [migrate];
  const faults = settings.environment['MCMS_FAULTS'] === '1' ? [control] : [];
  return [
    ...database,
    azurite,
    containers,
    serviceBus,
    identity,
    capture,
    functionsHost,
    ...agents,
    ...faults,
  ];
}
