import type { TokenCredential } from '@azure/identity';
import { parse } from '@tediousjs/connection-string';
import type { ConnectionConfiguration } from 'tedious';

/** What a connection string says, as the driver and the pool take it. */
export interface MssqlSettings {
  readonly connection: ConnectionConfiguration;
  readonly pool: { readonly min: number; readonly max: number };
}

/** How the string asks to sign in with Entra ID; resolved to a credential by `credentialFor`. */
export type EntraSignIn = {
  readonly kind: 'default' | 'managedIdentity';
  readonly clientId: string | undefined;
};

type Key =
  | 'server'
  | 'database'
  | 'user'
  | 'password'
  | 'encrypt'
  | 'trust'
  | 'authentication'
  | 'connectTimeout'
  | 'commandTimeout'
  | 'applicationName'
  | 'applicationIntent'
  | 'minPoolSize'
  | 'maxPoolSize'
  | 'multiSubnetFailover'
  | 'persistSecurityInfo';

/** Names as ADO.NET has them. https://learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconnection.connectionstring */
const KEYS: Readonly<Record<string, Key>> = {
  server: 'server',
  'data source': 'server',
  address: 'server',
  addr: 'server',
  'network address': 'server',
  database: 'database',
  'initial catalog': 'database',
  'user id': 'user',
  uid: 'user',
  user: 'user',
  password: 'password',
  pwd: 'password',
  encrypt: 'encrypt',
  trustservercertificate: 'trust',
  'trust server certificate': 'trust',
  authentication: 'authentication',
  'connect timeout': 'connectTimeout',
  'connection timeout': 'connectTimeout',
  timeout: 'connectTimeout',
  'command timeout': 'commandTimeout',
  'application name': 'applicationName',
  app: 'applicationName',
  applicationintent: 'applicationIntent',
  'application intent': 'applicationIntent',
  'min pool size': 'minPoolSize',
  'max pool size': 'maxPoolSize',
  multisubnetfailover: 'multiSubnetFailover',
  'multi subnet failover': 'multiSubnetFailover',
  'persist security info': 'persistSecurityInfo',
};

const DEFAULTS = { connectTimeoutS: 15, commandTimeoutS: 30, minPoolSize: 0, maxPoolSize: 20 } as const;
const LARGEST_POOL = 1000;
/** A day: whoever writes more has mistaken the unit. */
const LONGEST_TIMEOUT_S = 86_400;

/**
 * Reads an ADO.NET-style connection string: SQL logins, `Authentication=Active Directory Default|Managed Identity` (with `User Id` as
 * client id), `Encrypt`, `TrustServerCertificate`, `Connect Timeout` and `Command Timeout` (seconds), `Min Pool Size` and `Max Pool
 * Size`, `Application Name`, `ApplicationIntent`, `MultiSubnetFailover`. Encrypts, and checks the certificate, unless told otherwise.
 * @throws {Error} that names an unknown key or a wrong form, and shows no value of it
 */
export function parseConnectionString(text: string): MssqlSettings & { readonly entra?: EntraSignIn } {
  const values = readValues(text);
  const seconds = (key: Key, fallback: number): number =>
    wholeNumber(values, key, { fallback, max: LONGEST_TIMEOUT_S }) * 1000;
  const { authentication, entra } = signIn(values);
  const min = wholeNumber(values, 'minPoolSize', { fallback: DEFAULTS.minPoolSize, max: LARGEST_POOL });
  const max = wholeNumber(values, 'maxPoolSize', { fallback: DEFAULTS.maxPoolSize, max: LARGEST_POOL });
  if (max < 1 || min > max) throw wrong('`Max Pool Size` must be at least 1 and not below `Min Pool Size`');
  return {
    connection: {
      ...serverOf(values),
      ...(authentication ? { authentication } : {}),
      options: {
        ...serverOf(values).options,
        database: values.get('database'),
        encrypt: flag(values, 'encrypt', { fallback: true, yes: ['mandatory'], no: ['optional'] }),
        trustServerCertificate: flag(values, 'trust', { fallback: false }),
        multiSubnetFailover: flag(values, 'multiSubnetFailover', { fallback: false }),
        connectTimeout: seconds('connectTimeout', DEFAULTS.connectTimeoutS),
        requestTimeout: seconds('commandTimeout', DEFAULTS.commandTimeoutS),
        // Whole transactions are repeated; the driver would repeat connecting inside each of these tries.
        maxRetriesOnTransientErrors: 0,
        appName: values.get('applicationName') ?? 'mcms',
        readOnlyIntent: readOnlyIntent(values),
        lowerCaseGuids: true,
        useUTC: true,
        abortTransactionOnError: true,
      },
    },
    pool: { min, max },
    ...(entra ? { entra } : {}),
  };
}

/** The same settings, signing in with the tokens of `credential`. */
export function withCredential(settings: MssqlSettings, credential: TokenCredential): MssqlSettings {
  return {
    ...settings,
    connection: {
      ...settings.connection,
      authentication: { type: 'token-credential', options: { credential } },
    },
  };
}

/** The same settings, with reads only in mind: a server with a readable replica sends them there. */
export function forReadingOnly(settings: MssqlSettings): MssqlSettings {
  const { connection } = settings;
  return {
    ...settings,
    connection: { ...connection, options: { ...connection.options, readOnlyIntent: true } },
  };
}

function readValues(text: string): Map<Key, string> {
  let pairs: Iterable<[string, string]>;
  try {
    pairs = parse(text);
  } catch (cause) {
    throw wrong('is not a list of `key=value;` pairs', cause);
  }
  const values = new Map<Key, string>();
  for (const [rawKey, value] of pairs) {
    const key = KEYS[rawKey.trim().replaceAll(/\s+/g, ' ').toLowerCase()];
    if (!key) throw wrong(`unknown key \`${rawKey.trim()}\``);
    values.set(key, value.trim());
  }
  return values;
}

function serverOf(values: Map<Key, string>): ConnectionConfiguration {
  const server = (values.get('server') ?? '').replace(/^tcp:/i, '');
  const [, host = '', instanceName, port] =
    /^([^,\\]+)(?:\\([^,]+))?(?:\s*,\s*(\d{1,5}))?$/.exec(server) ?? [];
  if (!host) throw wrong('`Server` is missing or not of the form host[,port] or host\\instance');
  if (instanceName !== undefined && port === undefined)
    return { server: host.trim(), options: { instanceName } };
  return { server: host.trim(), options: { port: port ? Number(port) : 1433 } };
}

function signIn(values: Map<Key, string>): {
  readonly authentication?: ConnectionConfiguration['authentication'];
  readonly entra?: EntraSignIn;
} {
  const clientId = values.get('user');
  switch (values.get('authentication')?.toLowerCase().replaceAll(/[ _]/g, '')) {
    case undefined:
    case 'sqlpassword':
      return {
        authentication: {
          type: 'default',
          options: { userName: values.get('user') ?? '', password: values.get('password') ?? '' },
        },
      };
    case 'activedirectorydefault':
      return { entra: { kind: 'default', clientId } };
    case 'activedirectorymanagedidentity':
    case 'activedirectorymsi':
      return { entra: { kind: 'managedIdentity', clientId } };
    default:
      throw wrong(
        '`Authentication` must be SqlPassword, Active Directory Default or Active Directory Managed Identity',
      );
  }
}

function readOnlyIntent(values: Map<Key, string>): boolean {
  const intent = (values.get('applicationIntent') ?? 'ReadWrite').toLowerCase();
  if (intent !== 'readonly' && intent !== 'readwrite') {
    throw wrong('`ApplicationIntent` must be ReadOnly or ReadWrite');
  }
  return intent === 'readonly';
}

function flag(
  values: Map<Key, string>,
  key: Key,
  { fallback, yes = [], no = [] }: { fallback: boolean; yes?: readonly string[]; no?: readonly string[] },
): boolean {
  const value = values.get(key)?.toLowerCase();
  if (value === undefined) return fallback;
  if (['true', 'yes', ...yes].includes(value)) return true;
  if (['false', 'no', ...no].includes(value)) return false;
  throw wrong(`\`${nameOf(key)}\` must be True or False`);
}

function wholeNumber(
  values: Map<Key, string>,
  key: Key,
  { fallback, max }: { fallback: number; max: number },
): number {
  const value = values.get(key);
  if (value === undefined) return fallback;
  if (!/^\d{1,6}$/.test(value) || Number(value) > max)
    throw wrong(`\`${nameOf(key)}\` must be a whole number up to ${max}`);
  return Number(value);
}

/** A key as people write it. */
function nameOf(key: Key): string {
  return Object.keys(KEYS).find((name) => KEYS[name] === key) ?? key;
}

function wrong(what: string, cause?: unknown): Error {
  return new Error(`SqlConnection: ${what}`, { cause });
}
