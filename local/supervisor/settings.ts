import { resolve } from 'node:path';
import { z } from 'zod';
import { readCliSettings, type CliSettings } from '../../shared/config/cli.ts';
import { port, readSettings } from '../../shared/config/settings.ts';
import { issuerAddresses } from '../identity/addresses.ts';
import { freePort } from './ports.ts';

/** Everything that the supervisor and its plugins know before anything is started. */
export interface StackSettings extends CliSettings {
  /** The checkout: entries are relative to it. */
  readonly root: string;
  /** The user's environment: what stands there wins over what the stack would set. */
  readonly environment: NodeJS.ProcessEnv;
  /** How long a run of the ESPRIT simulator takes, ISO 8601. */
  readonly simulatorDuration: string;
  /** Runs at the same time on each local workstation. */
  readonly seats: number;
  /** Of the server that takes notifications. */
  readonly capturePort: number;
  readonly audience: string;
  readonly apiUrl: string;
  readonly issuer: string;
}

const schema = z.looseObject({
  MCMS_SIMULATOR_DURATION: z
    .string()
    .regex(
      /^P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/,
      'must be an ISO 8601 duration such as PT30S',
    )
    .default('PT0S'),
  MCMS_SEATS: z.coerce.number().int().min(1).max(64).default(4),
  // No fixed one: nobody needs to know it beforehand, and stacks side by side must not meet.
  MCMS_CAPTURE_PORT: port(0),
  Auth__Audience: z.string().min(1).default('api://mcms'),
});

/**
 * Reads the stack's settings; relative paths count from `cwd`, and a port 0 becomes one that is free now.
 * @throws SettingsError that names every wrong setting
 */
export async function readStackSettings(environment: NodeJS.ProcessEnv, cwd: string): Promise<StackSettings> {
  const settings = readCliSettings(environment, cwd);
  const own = readSettings(schema, environment);
  const { http, blob, amqp, identity } = settings.ports;
  const [httpPort, blobPort, amqpPort, identityPort, capturePort] = await Promise.all([
    orFree(http),
    orFree(blob),
    orFree(amqp),
    orFree(identity),
    orFree(own.MCMS_CAPTURE_PORT),
  ]);
  const ports = { http: httpPort, blob: blobPort, amqp: amqpPort, identity: identityPort };
  return {
    ...settings,
    ports,
    root: resolve(import.meta.dirname, '../..'),
    environment,
    capturePort,
    simulatorDuration: own.MCMS_SIMULATOR_DURATION,
    seats: own.MCMS_SEATS,
    audience: own.Auth__Audience,
    apiUrl: `http://127.0.0.1:${ports.http}`,
    issuer: issuerAddresses(ports.identity).issuer,
  };
}

function orFree(port: number): number | Promise<number> {
  return port === 0 ? freePort() : port;
}
