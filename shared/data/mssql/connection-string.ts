import type { ConnectionConfiguration } from 'tedious';

const KEYS = new Map<string, string>(
  Object.entries({
    server: 'server',
    'data source': 'server',
    address: 'server',
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
    'command timeout': 'commandTimeout',
    'application name': 'applicationName',
  }),
);

/**
 * An ADO.NET-style connection string as the settings of `tedious`. Knows SQL logins and
 * `Authentication=Active Directory Default|Managed Identity`; an unknown key or form is an error that names it (never its value).
 */
export function parseConnectionString(text: string): ConnectionConfiguration {
  const values = readPairs(text);
  const server = (values.get('server') ?? '').replace(/^tcp:/i, '');
  const [, host = '', port] = /^([^,]+)(?:,(\d+))?$/.exec(server) ?? [];
  if (!host) throw new Error('SqlConnection: `Server` is missing or not of the form host[,port]');
  return {
    server: host,
    authentication: authentication(values),
    options: {
      database: values.get('database'),
      port: port ? Number(port) : 1433,
      encrypt: !/^(false|no|optional)$/i.test(values.get('encrypt') ?? 'true'),
      trustServerCertificate: /^(true|yes)$/i.test(values.get('trust') ?? 'false'),
      connectTimeout: Number(values.get('connectTimeout') ?? 15) * 1000,
      requestTimeout: Number(values.get('commandTimeout') ?? 30) * 1000,
      appName: values.get('applicationName') ?? 'mcms',
      lowerCaseGuids: true,
      useUTC: true,
      abortTransactionOnError: true,
    },
  };
}

function readPairs(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, rawKey = '', rawValue = ''] of text.matchAll(/([^=;]+)=("[^"]*"|'[^']*'|[^;]*)/g)) {
    const key = KEYS.get(rawKey.trim().toLowerCase());
    if (!key) throw new Error(`SqlConnection: unknown key \`${rawKey.trim()}\``);
    values.set(key, rawValue.trim().replace(/^(["'])(.*)\1$/, '$2'));
  }
  return values;
}

function authentication(values: Map<string, string>): ConnectionConfiguration['authentication'] {
  const kind = values.get('authentication')?.toLowerCase().replaceAll(' ', '');
  switch (kind) {
    case undefined:
    case 'sqlpassword':
      return {
        type: 'default',
        options: { userName: values.get('user') ?? '', password: values.get('password') ?? '' },
      };
    case 'activedirectorydefault':
      return { type: 'azure-active-directory-default', options: { clientId: values.get('user') } };
    case 'activedirectorymanagedidentity':
    case 'activedirectorymsi':
      return { type: 'azure-active-directory-msi-app-service', options: { clientId: values.get('user') } };
    default:
      throw new Error(`SqlConnection: \`Authentication=${values.get('authentication')}\` is not supported`);
  }
}
