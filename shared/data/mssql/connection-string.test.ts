import { describe, expect, it } from '@jest/globals';
import { parseConnectionString } from './connection-string.ts';

describe('parseConnectionString', () => {
  it('reads a SQL login', () => {
    const configuration = parseConnectionString(
      'Server=tcp:127.0.0.1,14330;Database=mcms;User Id=app;Password="a;b=c";Encrypt=False;TrustServerCertificate=True',
    );
    expect(configuration).toMatchObject({
      server: '127.0.0.1',
      authentication: { type: 'default', options: { userName: 'app', password: 'a;b=c' } },
      options: {
        port: 14330,
        database: 'mcms',
        encrypt: false,
        trustServerCertificate: true,
        lowerCaseGuids: true,
      },
    });
  });

  it('encrypts and checks the certificate unless told otherwise', () => {
    expect(parseConnectionString('Server=shop.example;Database=mcms').options).toMatchObject({
      encrypt: true,
      trustServerCertificate: false,
      port: 1433,
      connectTimeout: 15_000,
      requestTimeout: 30_000,
    });
  });

  it.each([
    ['Active Directory Default', 'azure-active-directory-default'],
    ['Active Directory Managed Identity', 'azure-active-directory-msi-app-service'],
  ])('takes Authentication=%s', (authentication, type) => {
    const { authentication: taken } = parseConnectionString(
      `Server=s;Database=d;Authentication=${authentication}`,
    );
    expect(taken?.type).toBe(type);
  });

  it.each([
    ['Database=mcms', '`Server` is missing'],
    ['Server=s;Colour=blue', 'unknown key `Colour`'],
    ['Server=s;Authentication=Magic', '`Authentication=Magic` is not supported'],
  ])('refuses %s', (text, message) => {
    expect(() => parseConnectionString(text)).toThrow(message);
  });

  it('never shows a value of an unknown key', () => {
    expect(() => parseConnectionString('Server=s;Secret=hunter2')).toThrow(/^(?!.*hunter2)/);
  });
});
