import { describe, expect, it } from '@jest/globals';
import { readCliSettings } from './cli.ts';
import { readFunctionsSettings } from './functions.ts';
import { SettingsError } from './settings.ts';

const local = {
  SqlConnection: 'sqlite:.local/mcms.db',
  ServiceBusConnection:
    'Endpoint=sb://127.0.0.1:5672;SharedAccessKeyName=x;SharedAccessKey=y;UseDevelopmentEmulator=true',
  BlobStorage: 'UseDevelopmentStorage=true',
  Auth__Issuer: 'http://127.0.0.1:7072',
  Auth__Audience: 'api://mcms',
  Auth__JwksUri: 'http://127.0.0.1:7072/jwks',
};

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('the settings were taken');
}

describe('settings of the functions process', () => {
  it('reads those of one machine', () => {
    expect(readFunctionsSettings(local)).toEqual({
      sqlConnection: 'sqlite:.local/mcms.db',
      notifications: { language: 'en', smsAfterMs: 900_000 },
      serviceBus: { kind: 'connectionString', connectionString: local.ServiceBusConnection },
      blobStorage: { kind: 'connectionString', connectionString: local.BlobStorage },
      auth: { issuer: local.Auth__Issuer, audience: 'api://mcms', jwksUri: new URL(local.Auth__JwksUri) },
      telemetry: {},
      camCommands: {},
      licencePools: {},
    });
  });

  it('reads those of Azure, with managed identities and telemetry', () => {
    const settings = readFunctionsSettings({
      ...local,
      SqlConnection:
        'Server=tcp:shop.database.windows.net;Database=mcms;Authentication=Active Directory Default',
      ServiceBusConnection: '',
      BlobStorage: undefined,
      ServiceBusConnection__fullyQualifiedNamespace: 'shop.servicebus.windows.net',
      BlobStorage__serviceUri: 'https://shop.blob.core.windows.net',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=00000000-0000-0000-0000-000000000000',
    });
    expect(settings.serviceBus).toEqual({ kind: 'identity', address: 'shop.servicebus.windows.net' });
    expect(settings.blobStorage).toEqual({ kind: 'identity', address: 'https://shop.blob.core.windows.net' });
    expect(settings.telemetry).toEqual({
      otlpEndpoint: 'http://collector:4318',
      applicationInsights: 'InstrumentationKey=00000000-0000-0000-0000-000000000000',
    });
  });

  it.each([
    ['P730D', 730 * 86_400_000],
    ['', undefined],
  ])('takes HistoryArchive__After=%s', (text, expected) => {
    const settings = readFunctionsSettings({ ...local, HistoryArchive__After: text });
    expect(settings.historyArchiveAfterMs).toBe(expected);
  });

  it('reads the seats of licence pools', () => {
    const given = { ...local, LicencePools__esprit: '4' };
    expect(readFunctionsSettings(given).licencePools).toEqual({ esprit: 4 });
    expect(refusal(() => readFunctionsSettings({ ...local, LicencePools__solidworks: 'many' }))).toContain(
      'LicencePools__solidworks: must be a number of seats, 0 to 9999',
    );
  });

  it.each(['2 years', 'P2Y', 'PT0S'])('refuses HistoryArchive__After=%s', (text) => {
    expect(refusal(() => readFunctionsSettings({ ...local, HistoryArchive__After: text }))).toContain(
      'HistoryArchive__After: must be how old history is when it goes to the archive, a duration such as P90D',
    );
  });

  it('collects overrides of command policies by type', () => {
    const settings = readFunctionsSettings({
      ...local,
      CamCommands__GenerateNcProgram__executionTimeout: 'PT30M',
      CamCommands__GenerateNcProgram__maxAttempts: '2',
      CamCommands__Simulate__maxAttempts: '1',
      CamCommands__Empty__maxAttempts: ' ',
    });
    expect(settings.camCommands).toEqual({
      GenerateNcProgram: { executionTimeout: 'PT30M', maxAttempts: '2' },
      Simulate: { maxAttempts: '1' },
    });
  });

  it('names every missing setting in one error', () => {
    const message = refusal(() => readFunctionsSettings({}));
    for (const name of [
      ...Object.keys(local),
      'ServiceBusConnection__fullyQualifiedNamespace',
      'BlobStorage__serviceUri',
    ]) {
      expect(message).toContain(name);
    }
  });

  it('reports missing access to a service even when another setting is wrong', () => {
    const message = refusal(() =>
      readFunctionsSettings({ ...local, BlobStorage: '', Auth__JwksUri: 'no address' }),
    );
    expect(message).toMatch(/BlobStorage: is missing/);
    expect(message).toMatch(/Auth__JwksUri: must be/);
  });

  it.each([
    ['SqlConnection', 'hunter2'],
    ['SqlConnection', 'sqlite:'],
    ['Auth__JwksUri', 'ftp://secret.example'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['ServiceBusConnection__fullyQualifiedNamespace', 'sb://shop'],
    ['APPLICATIONINSIGHTS_CONNECTION_STRING', 'hunter2'],
  ])('refuses %s=%s without repeating the value', (name, value) => {
    const message = refusal(() => readFunctionsSettings({ ...local, [name]: value }));
    expect(message).toContain(name);
    expect(message).not.toContain(`${value}"`);
    expect(message).not.toContain('hunter2');
  });
});

describe('settings of the command-line tools', () => {
  it('has a default for everything', () => {
    expect(readCliSettings({}, '/shop')).toEqual({
      stateDir: '/shop/.local',
      sqlConnection: 'sqlite:/shop/.local/mcms.db',
      ports: { http: 7071, blob: 10_000, amqp: 5672, identity: 7072 },
      cmdHosts: 1,
      seed: 'demo',
    });
  });

  it('takes other ports and folders', () => {
    const settings = readCliSettings(
      { MCMS_STATE_DIR: '/tmp/second', MCMS_PORT: '8071', MCMS_CMDHOSTS: '0', MCMS_SEED: 'none' },
      '/shop',
    );
    expect(settings).toMatchObject({
      stateDir: '/tmp/second',
      ports: { http: 8071 },
      cmdHosts: 0,
      seed: 'none',
    });
  });

  it.each([
    ['MCMS_PORT', '70000'],
    ['MCMS_AMQP_PORT', '-1'],
    ['MCMS_CMDHOSTS', 'many'],
    ['MCMS_SEED', 'full'],
    ['SqlConnection', 'mysql://x'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(refusal(() => readCliSettings({ [name]: value }, '/shop'))).toContain(name);
  });
});
