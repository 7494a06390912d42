import { blobEndpoint } from '../../azurite/addresses.ts';
import type { ServicePlugin } from '../service.ts';
import { captureUrl } from '../../capture/addresses.ts';
import { appSettings } from './app-settings.ts';

/** A nursery of 1 MiB: these parts hold few objects, and V8 would take up to 48 MiB each for young ones. */
const SMALL_HEAP = ['--max-semi-space-size=1'];

export const azurite: ServicePlugin = {
  kind: 'service',
  name: 'azurite',
  entry: 'local/azurite/main.ts',
  nodeFlags: SMALL_HEAP,
  dependsOn: [],
  ports: ({ ports }) => [{ port: ports.blob, setting: 'MCMS_BLOB_PORT' }],
  address: ({ ports }) => blobEndpoint(ports.blob),
};

export const serviceBus: ServicePlugin = {
  kind: 'service',
  name: 'service-bus',
  entry: 'local/service-bus/main.ts',
  nodeFlags: SMALL_HEAP,
  dependsOn: [],
  ports: ({ ports }) => [{ port: ports.amqp, setting: 'MCMS_AMQP_PORT' }],
  address: ({ ports }) => `sb://127.0.0.1:${ports.amqp}`,
  watches: ['infra/service-bus-queues.json'],
};

/** Only with MCMS_FAULTS=1: lets tests take the stack apart. */
export const control: ServicePlugin = {
  kind: 'service',
  name: 'control',
  entry: 'local/control/main.ts',
  nodeFlags: SMALL_HEAP,
  dependsOn: [],
  address: () => 'fault switches, see control.json',
};

export const identity: ServicePlugin = {
  kind: 'service',
  name: 'identity',
  entry: 'local/identity/main.ts',
  nodeFlags: SMALL_HEAP,
  dependsOn: [],
  ports: ({ ports }) => [{ port: ports.identity, setting: 'MCMS_IDENTITY_PORT' }],
  address: ({ issuer }) => issuer,
};

export const capture: ServicePlugin = {
  kind: 'service',
  name: 'capture',
  entry: 'local/capture/main.ts',
  nodeFlags: SMALL_HEAP,
  dependsOn: [],
  ports: ({ capturePort }) => [{ port: capturePort, setting: 'MCMS_CAPTURE_PORT' }],
  address: ({ capturePort }) => `${captureUrl(capturePort)} (notifications)`,
};

export const functionsHost: ServicePlugin = {
  kind: 'service',
  name: 'functions-host',
  entry: 'local/functions-host/main.ts',
  env: appSettings,
  dependsOn: ['migrate', 'seed', 'service-bus'],
  ports: ({ ports }) => [{ port: ports.http, setting: 'MCMS_PORT' }],
  address: ({ apiUrl }) => `${apiUrl}/api`,
  watches: ['functions/main.ts', 'host.json'],
  debuggable: true,
};
