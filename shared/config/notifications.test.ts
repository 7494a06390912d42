import { describe, expect, it } from '@jest/globals';
import { captureSettings } from '../../local/capture/addresses.ts';
import { readFunctionsSettings } from './functions.ts';

const BASE = {
  SqlConnection: 'sqlite:mcms.db',
  ServiceBusConnection: 'Endpoint=sb://127.0.0.1',
  BlobStorage: 'UseDevelopmentStorage=true',
  Auth__Issuer: 'http://127.0.0.1:7072',
  Auth__Audience: 'api://mcms',
  Auth__JwksUri: 'http://127.0.0.1:7072/keys',
};
const read = (env: Record<string, string>) => readFunctionsSettings({ ...BASE, ...env }).notifications;

describe('the settings of notifications', () => {
  it('may all be missing', () => {
    expect(read({})).toEqual({ language: 'en', smsAfterMs: 900_000 });
  });

  it('are complete with those of the local stack', () => {
    expect(
      read({ ...captureSettings(4000), Notifications__ConsoleUrl: 'https://shop.example/mcms/' }),
    ).toMatchObject({
      teams: { webhookUrl: expect.stringContaining('127.0.0.1:4000') },
      email: { operators: ['operators@shop.example'], personDomain: 'shop.example' },
      sms: { from: '+821000000000', operators: ['+821000000001'] },
      communication: { kind: 'connectionString' },
      linkBase: 'https://shop.example/mcms',
    });
  });

  it('lead links to the API of an app on Azure that has no console', () => {
    expect(read({ WEBSITE_HOSTNAME: 'func-mcms.azurewebsites.net' }).linkBase).toBe(
      'https://func-mcms.azurewebsites.net/api',
    );
  });

  const ENDPOINT = { CommunicationServices__endpoint: 'https://acs.example' };
  it.each([
    [
      'Notifications__Email__From: is missing',
      { ...ENDPOINT, Notifications__Email__Operators: 'a@b.example' },
    ],
    [
      'Notifications__Email__Operators: is missing',
      { ...ENDPOINT, Notifications__Email__From: 'a@b.example' },
    ],
    [
      'CommunicationServices: is missing',
      { Notifications__Email__From: 'a@b.example', Notifications__Email__PersonDomain: 'b.example' },
    ],
    ['Notifications__Sms__From: is missing', { ...ENDPOINT, Notifications__Sms__Operators: '+821012345678' }],
    ['Notifications__Sms__Operators: is missing', { ...ENDPOINT, Notifications__Sms__From: '+821012345678' }],
    ['Notifications__Sms__From: is missing', { Notifications__Sms__After: 'PT5M' }],
  ])('stop the start of a half configured channel: %s', (message, env) => {
    expect(() => read(env)).toThrow(message);
  });

  it('are refused by name and never by value', () => {
    const refused = () =>
      read({ Notifications__Teams__WebhookUrl: 'secret', CommunicationServices: 'secret' });
    expect(refused).toThrow(/Notifications__Teams__WebhookUrl[^]*CommunicationServices/);
    expect(refused).not.toThrow(/secret/);
  });
});
