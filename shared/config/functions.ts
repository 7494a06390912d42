import { z } from 'zod';
import type { ServiceAccess } from './access.ts';
import {
  type NotificationSettings,
  notificationChecks,
  notificationFields,
  notificationSettings,
} from './notifications.ts';
import {
  type Environment,
  address,
  duration,
  readSettings,
  required,
  sqlConnection,
  sqlServerConnection,
} from './settings.ts';

export type { ServiceAccess };

/** Overrides of command policies as they stand in `CamCommands__<type>__<name>`, not yet checked: type → name → text. */
export type CamCommandOverrides = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface FunctionsSettings {
  readonly sqlConnection: string;
  /** A readable replica for history; without one the database itself is read. */
  readonly sqlReplicaConnection?: string;
  readonly serviceBus: ServiceAccess;
  readonly blobStorage: ServiceAccess;
  readonly auth: { readonly issuer: string; readonly audience: string; readonly jwksUri: URL };
  readonly telemetry: TelemetrySettings;
  readonly camCommands: CamCommandOverrides;
  /** Seats of licence pools, from `LicencePools__<pool>`; a pool that is not named has no limit. */
  readonly licencePools: Readonly<Record<string, number>>;
  /** History older than this goes to the archive; without it, history stays where it is. */
  readonly historyArchiveAfterMs?: number;
  readonly notifications: NotificationSettings;
}

export interface TelemetrySettings {
  /** Base address of an OTLP/HTTP endpoint. */
  readonly otlpEndpoint?: string;
  readonly applicationInsights?: string;
}

const schema = z
  .looseObject({
    SqlConnection: sqlConnection(),
    SqlReplicaConnection: sqlServerConnection().optional(),
    ServiceBusConnection: z.string().optional(),
    ServiceBusConnection__fullyQualifiedNamespace: z
      .string()
      .regex(/^[\w-]+(\.[\w-]+)+$/, 'must be a host name such as shop.servicebus.windows.net')
      .optional(),
    BlobStorage: z.string().optional(),
    BlobStorage__serviceUri: address('the blob endpoint').optional(),
    Auth__Issuer: required('the token issuer, exactly as in the claim iss'),
    Auth__Audience: required('the audience of the tokens'),
    Auth__JwksUri: address("the address of the issuer's signing keys"),
    LicencePools__esprit: seats().optional(),
    LicencePools__solidworks: seats().optional(),
    HistoryArchive__After: duration('how old history is when it goes to the archive').optional(),
    OTEL_EXPORTER_OTLP_ENDPOINT: address('an OTLP/HTTP endpoint').optional(),
    APPLICATIONINSIGHTS_CONNECTION_STRING: z
      .string()
      .regex(/InstrumentationKey=/i, 'must be a connection string with InstrumentationKey=')
      .optional(),
    ...notificationFields,
  })
  .check(
    ...notificationChecks,
    oneOf('ServiceBusConnection', 'ServiceBusConnection__fullyQualifiedNamespace'),
    oneOf('BlobStorage', 'BlobStorage__serviceUri'),
  );

/** Every app setting of the functions process that has a name of its own. */
export const FUNCTIONS_SETTINGS: readonly string[] = Object.keys(schema.shape);
function seats() {
  return z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number of seats, 0 to 9999')
    .transform(Number);
}

function licencePools(env: {
  readonly LicencePools__esprit?: number | undefined;
  readonly LicencePools__solidworks?: number | undefined;
}): Readonly<Record<string, number>> {
  const given = { esprit: env.LicencePools__esprit, solidworks: env.LicencePools__solidworks };
  return Object.fromEntries(Object.entries(given).filter(([, seats]) => seats !== undefined)) as Record<
    string,
    number
  >;
}

/** Either setting must be there; asked even when others are wrong, so that one error tells all. */
function oneOf(name: string, other: string) {
  return z.refine<Record<string, unknown>>((settings) => (settings[name] ?? settings[other]) !== undefined, {
    path: [name],
    error: `is missing: give it or ${other}`,
    when: () => true,
  });
}

/**
 * Reads the app settings of the functions process.
 * @throws {SettingsError} one error that names every wrong or missing setting.
 */
export function readFunctionsSettings(environment: Environment): FunctionsSettings {
  const env = readSettings(schema, environment);
  return {
    sqlConnection: env.SqlConnection,
    ...(env.SqlReplicaConnection ? { sqlReplicaConnection: env.SqlReplicaConnection } : {}),
    serviceBus: access(env.ServiceBusConnection, env.ServiceBusConnection__fullyQualifiedNamespace),
    blobStorage: access(env.BlobStorage, env.BlobStorage__serviceUri),
    auth: { issuer: env.Auth__Issuer, audience: env.Auth__Audience, jwksUri: new URL(env.Auth__JwksUri) },
    telemetry: {
      ...(env.OTEL_EXPORTER_OTLP_ENDPOINT ? { otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT } : {}),
      ...(env.APPLICATIONINSIGHTS_CONNECTION_STRING
        ? { applicationInsights: env.APPLICATIONINSIGHTS_CONNECTION_STRING }
        : {}),
    },
    camCommands: camCommandOverrides(environment),
    licencePools: licencePools(env),
    ...(env.HistoryArchive__After === undefined ? {} : { historyArchiveAfterMs: env.HistoryArchive__After }),
    notifications: notificationSettings(env, environment['WEBSITE_HOSTNAME']?.trim() || undefined),
  };
}

function access(connectionString: string | undefined, serviceAddress: string | undefined): ServiceAccess {
  return connectionString === undefined
    ? { kind: 'identity', address: serviceAddress ?? '' }
    : { kind: 'connectionString', connectionString };
}

function camCommandOverrides(environment: Environment): CamCommandOverrides {
  const overrides = new Map<string, Map<string, string>>();
  for (const [name, value] of Object.entries(environment)) {
    const [, type, key] = /^CamCommands__(\w+?)__(\w+)$/.exec(name) ?? [];
    if (!type || !key || !value?.trim()) continue;
    overrides.set(type, (overrides.get(type) ?? new Map<string, string>()).set(key, value));
  }
  return Object.fromEntries([...overrides].map(([type, values]) => [type, Object.fromEntries(values)]));
}
