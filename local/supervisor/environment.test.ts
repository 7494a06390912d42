import { describe, expect, it } from '@jest/globals';
import { environmentOf } from './environment.ts';
import { functionsHost } from './plugins/servers.ts';
import { readStackSettings } from './settings.ts';

const environment = async (given: NodeJS.ProcessEnv) =>
  environmentOf(functionsHost, await readStackSettings(given, '/srv/mcms'));

describe('the app settings of the Functions host', () => {
  it('point at the local servers on the ports of this stack', async () => {
    const settings = await environment({ MCMS_AMQP_PORT: '5999', MCMS_IDENTITY_PORT: '7999' });
    expect(settings).toMatchObject({
      SqlConnection: expect.stringMatching(/^sqlite:.*mcms\.db$/),
      ServiceBusConnection:
        'Endpoint=sb://127.0.0.1:5999;SharedAccessKeyName=local;SharedAccessKey=local;UseDevelopmentEmulator=true',
      BlobStorage: expect.stringContaining('BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1'),
      AzureWebJobsStorage: settings['BlobStorage'],
      Auth__Issuer: 'http://127.0.0.1:7999',
      Auth__Audience: 'api://mcms',
      Auth__JwksUri: 'http://127.0.0.1:7999/discovery/v2.0/keys',
      MCMS_PORT: '7071',
    });
  });

  it('are what the user set, where the user set them', async () => {
    const given = {
      SqlConnection: 'Server=sql.example;Database=mcms',
      Auth__Issuer: 'https://login.example/v2.0',
      CamCommands__GenerateNcProgram__maxAttempts: '2',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318',
    };
    expect(await environment(given)).toMatchObject(given);
  });

  it('leave a connection to the identity-based form of it that the user set', async () => {
    const settings = await environment({
      ServiceBusConnection__fullyQualifiedNamespace: 'shop.servicebus.windows.net',
      BlobStorage: '  ',
    });
    expect(settings).not.toHaveProperty('ServiceBusConnection');
    expect(settings['BlobStorage']).toContain('devstoreaccount1');
  });
});
