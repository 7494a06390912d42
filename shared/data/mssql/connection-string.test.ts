import { describe, expect, it } from '@jest/globals';
import { forReadingOnly, parseConnectionString } from './connection-string.ts';

describe('parseConnectionString', () => {
  it('reads a SQL login', () => {
    const { connection } = parseConnectionString(
      'Server=tcp:127.0.0.1,14330;Database=mcms;User Id=app;Password="a;b=c";Encrypt=False;TrustServerCertificate=True',
    );
    expect(connection).toMatchObject({
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

  it('encrypts, checks the certificate and waits within bounds unless told otherwise', () => {
    const { connection, pool } = parseConnectionString('Server=shop.example;Database=mcms');
    expect(connection.options).toMatchObject({
      encrypt: true,
      trustServerCertificate: false,
      port: 1433,
      connectTimeout: 15_000,
      requestTimeout: 30_000,
      readOnlyIntent: false,
      appName: 'mcms',
    });
    expect(pool).toEqual({ min: 0, max: 20 });
  });

  it('reads bounds and intent', () => {
    const { connection, pool } = parseConnectionString(
      'Data Source=s;Initial Catalog=d;Min Pool Size=2;Max Pool Size=5;Connect Timeout=3;Command Timeout=7;ApplicationIntent=ReadOnly;MultiSubnetFailover=True;Encrypt=Optional',
    );
    expect(pool).toEqual({ min: 2, max: 5 });
    expect(connection.options).toMatchObject({
      connectTimeout: 3000,
      requestTimeout: 7000,
      readOnlyIntent: true,
      multiSubnetFailover: true,
      encrypt: false,
    });
  });

  it('asks for a read-only replica on request', () => {
    const { connection } = forReadingOnly(parseConnectionString('Server=s;Database=d'));
    expect(connection.options?.readOnlyIntent).toBe(true);
  });

  it('takes a named instance, whose port the server tells', () => {
    const { connection } = parseConnectionString(String.raw`Server=shop\CAM;Database=d`);
    expect(connection).toMatchObject({ server: 'shop', options: { instanceName: 'CAM' } });
    expect(connection.options?.port).toBeUndefined();
  });

  it.each([
    ['Active Directory Default', 'default'],
    ['Active Directory Managed Identity', 'managedIdentity'],
    ['ActiveDirectoryMSI', 'managedIdentity'],
  ])('takes Authentication=%s', (authentication, kind) => {
    const { entra, connection } = parseConnectionString(
      `Server=s;Database=d;User Id=client;Authentication=${authentication}`,
    );
    expect(entra).toEqual({ kind, clientId: 'client' });
    expect(connection.authentication).toBeUndefined();
  });

  it.each([
    ['Database=mcms', '`Server` is missing'],
    ['Server=s;Colour=blue', 'unknown key `colour`'],
    ['Server=s;Authentication=Magic', '`Authentication` must be SqlPassword'],
    ['Server=s;Encrypt=Perhaps', '`encrypt` must be True or False'],
    ['Server=s;Connect Timeout=soon', '`connect timeout` must be a whole number up to 86400'],
    ['Server=s;Max Pool Size=0', '`Max Pool Size` must be at least 1'],
    ['Server=s;Min Pool Size=9;Max Pool Size=3', 'not below `Min Pool Size`'],
    ['Server=s;ApplicationIntent=Maybe', '`ApplicationIntent` must be ReadOnly or ReadWrite'],
    ['Server="s', 'is not a list of `key=value;` pairs'],
  ])('refuses %s', (text, message) => {
    expect(() => parseConnectionString(text)).toThrow(message);
  });

  it.each(['Server=s;Secret=hunter2', 'Server=s;Connect Timeout=hunter2', 'Server=s;Authentication=hunter2'])(
    'never shows a value: %s',
    (text) => {
      expect(() => parseConnectionString(text)).toThrow(/^(?!.*hunter2)/);
    },
  );
});
