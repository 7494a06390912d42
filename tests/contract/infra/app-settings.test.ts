import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { issuerAddresses } from '../../../local/identity/addresses.ts';
import { FUNCTIONS_SETTINGS, readFunctionsSettings } from '../../../shared/config/functions.ts';
import { parseConnectionString } from '../../../shared/data/mssql/connection-string.ts';

/** Read by the Functions host or an Azure SDK, not by MCMS. */
const PLATFORM_SETTINGS = [
  'AzureWebJobsStorage__accountName',
  'AzureWebJobsStorage__clientId',
  'AzureWebJobsStorage__credential',
  'ServiceBusConnection__clientId',
  'ServiceBusConnection__credential',
  'AZURE_CLIENT_ID',
];

/** Flex Consumption refuses or ignores these: https://learn.microsoft.com/azure/azure-functions/functions-app-settings */
const NOT_ON_FLEX =
  /^(FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_|ENABLE_ORYX_BUILD|SCM_DO_BUILD)/;

/** Settings that mean "a local server with a key": on Azure their `__` form takes the place. */
const LOCAL_FORMS = ['BlobStorage', 'CommunicationServices', 'ServiceBusConnection'];

const VALUES: Readonly<Record<string, string>> = {
  'environment().authentication.loginEndpoint': 'https://login.microsoftonline.com/',
  applicationInsightsConnectionString: 'InstrumentationKey=00000000-0000-0000-0000-000000000001',
  authAudience: '00000000-0000-0000-0000-000000000002',
  authTenantId: '00000000-0000-0000-0000-000000000003',
  blobServiceUri: 'https://stmcms.blob.core.windows.net/',
  hostStorageAccountName: 'sthost',
  communicationEndpoint: 'https://acs-mcms.europe.communication.azure.com',
  consoleUrl: 'https://mcms.example.com',
  emailFrom: 'DoNotReply@mcms.azurecomm.net',
  historyArchiveAfter: 'P730D',
  espritLicences: '4',
  solidworksLicences: '2',
  notificationLanguage: 'ko',
  operatorEmails: 'a@example.com,b@example.com',
  operatorPhones: '+821012345678',
  personEmailDomain: 'example.com',
  smsAfter: 'PT20M',
  smsFrom: '+821000000000',
  teamsWebhookUrl: 'https://prod-00.koreacentral.logic.azure.com/workflows/x',
  identityClientId: '00000000-0000-0000-0000-000000000004',
  otlpEndpoint: 'https://collector.example.com:4318',
  serviceBusHostName: 'sb-mcms.servicebus.windows.net',
  sqlDatabaseName: 'mcms',
  sqlServerHostName: 'sql-mcms.database.windows.net',
};

/** The settings as the app would find them, with every parameter of the module given. */
function deployedSettings(): Record<string, string> {
  const bicep = readFileSync('infra/modules/function-app.bicep', 'utf8');
  const authority = /^var authority = (.+)$/m.exec(bicep)?.[1] ?? '';
  const sqlConnection = /^var sqlConnection = (.+)$/m.exec(bicep)?.[1] ?? '';
  const values = {
    ...VALUES,
    authority: evaluate(authority, VALUES),
    sqlConnection: evaluate(sqlConnection, VALUES),
  };
  const required = /^var requiredSettings = \{\n([\s\S]*?)^\}/m.exec(bicep)?.[1] ?? '';
  // Settings that are there or not, as a parameter says: here all of them are.
  const optional = [...bicep.matchAll(/^var \w+Settings = .*\{ (\w+: .+?) \}(?: : \{\})?$/gm)].map(
    ([, setting]) => setting,
  );
  return Object.fromEntries(
    [...[required, ...optional].join('\n').matchAll(/^\s*(\w+): (.+)$/gm)].map(
      ([, name = '', expression = '']) => [name, evaluate(expression, values)],
    ),
  );
}

function evaluate(expression: string, values: Readonly<Record<string, string>>): string {
  const valueOf = (name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the test has no value for \`${name}\``);
    return value;
  };
  const literal = /^'(.*)'$/.exec(expression)?.[1];
  return literal === undefined
    ? valueOf(expression)
    : literal.replaceAll(/\$\{([^}]+)\}/g, (_all, name: string) => valueOf(name));
}

function without(settings: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([other]) => other !== name));
}

function outcome(settings: Readonly<Record<string, string>>): unknown {
  try {
    return readFunctionsSettings(settings);
  } catch (error) {
    return String(error);
  }
}

describe('the app settings of the deployed function app', () => {
  const settings = deployedSettings();
  const ownSettings = Object.keys(settings).filter((name) => !PLATFORM_SETTINGS.includes(name));

  it('start the app', () => {
    expect(readFunctionsSettings(settings)).toMatchObject({
      serviceBus: { kind: 'identity', address: 'sb-mcms.servicebus.windows.net' },
      blobStorage: { kind: 'identity', address: 'https://stmcms.blob.core.windows.net/' },
      auth: { issuer: 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000003/v2.0' },
      telemetry: { otlpEndpoint: 'https://collector.example.com:4318' },
      notifications: {
        teams: { webhookUrl: VALUES['teamsWebhookUrl'] },
        email: { from: VALUES['emailFrom'], operators: ['a@example.com', 'b@example.com'] },
        sms: { from: '+821000000000', operators: ['+821012345678'] },
        smsAfterMs: 1_200_000,
        communication: { kind: 'identity', address: VALUES['communicationEndpoint'] },
        language: 'ko',
        linkBase: 'https://mcms.example.com',
      },
    });
  });

  it.each(ownSettings)('%s is one the app reads', (name) => {
    expect(outcome(without(settings, name))).not.toEqual(outcome(settings));
  });

  it('leave out none that the app reads, but the forms for local servers', () => {
    expect(FUNCTIONS_SETTINGS.filter((name) => !LOCAL_FORMS.includes(name)).sort()).toEqual(
      [...ownSettings].sort(),
    );
  });

  it('hold nothing that Flex Consumption does not take', () => {
    expect(Object.keys(settings).filter((name) => NOT_ON_FLEX.test(name))).toEqual([]);
  });

  it('let the SQL driver sign in as the identity of the app, encrypted', () => {
    expect(parseConnectionString(settings['SqlConnection'] ?? '')).toMatchObject({
      entra: { kind: 'managedIdentity', clientId: VALUES['identityClientId'] },
      connection: {
        server: 'sql-mcms.database.windows.net',
        options: {
          database: 'mcms',
          port: 1433,
          encrypt: true,
          trustServerCertificate: false,
          readOnlyIntent: false,
        },
      },
    });
  });

  it('read the replica of the same database', () => {
    const { connection } = parseConnectionString(settings['SqlReplicaConnection'] ?? '');
    expect(connection).toMatchObject({
      server: 'sql-mcms.database.windows.net',
      options: { database: 'mcms', readOnlyIntent: true },
    });
  });
});

describe('local.settings.example.json', () => {
  const { Values } = JSON.parse(readFileSync('local.settings.example.json', 'utf8')) as {
    Values: Record<string, string>;
  };

  it('starts the app under Core Tools beside the local stack', () => {
    expect(readFunctionsSettings(Values)).toMatchObject({
      sqlConnection: 'sqlite:.local/mcms.db',
      serviceBus: { kind: 'connectionString' },
      blobStorage: { kind: 'connectionString' },
    });
  });

  it('trusts the local issuer', () => {
    const { issuer, jwksUri } = issuerAddresses(7072);
    expect(Values).toMatchObject({ Auth__Issuer: issuer, Auth__JwksUri: jwksUri });
  });
});
