import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CmdhostConfigFile, readCmdhostConfig } from './cmdhost.ts';

const complete: CmdhostConfigFile = {
  workstation: 'WS-01',
  seats: 4,
  apiUrl: 'http://127.0.0.1:7071',
  serviceBus: { connectionString: 'Endpoint=sb://127.0.0.1;UseDevelopmentEmulator=true' },
  identity: {
    tokenEndpoint: 'http://localhost:7072/oauth2/v2.0/token',
    clientId: 'cmdhost-ws-01',
    privateKeyFile: '/keys/ws-01.pem',
    scope: 'api://mcms/.default',
  },
  workFolder: '/var/mcms',
  adapters: [{ application: 'esprit', command: ['esprit-adapter'] }],
};

describe('configuration of the agent', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcms-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (content: unknown) => {
    const path = join(folder, 'cmdhost.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return readCmdhostConfig(path);
  };

  it('fills in what may be left out', () => {
    expect(read(complete)).toMatchObject({
      idlePollInterval: 60_000,
      stopGracePeriod: 0,
      adapters: [{ environment: {} }],
    });
  });

  it('takes durations as ISO 8601 and gives milliseconds', () => {
    expect(read({ ...complete, idlePollInterval: 'PT1.5S' }).idlePollInterval).toBe(1500);
  });

  it('takes durations up to the longest that a timer can wait', () => {
    const longest = 'P24DT20H31M23.647S';
    expect(read({ ...complete, stopGracePeriod: longest }).stopGracePeriod).toBe(2_147_483_647);
    const tooLong = 'P24DT20H31M23.648S';
    const changed = { stopGracePeriod: 'P30D', idlePollInterval: tooLong };
    const adapters = [{ ...complete.adapters[0], keepWarm: tooLong }];
    for (const field of ['adapters[0].keepWarm', 'idlePollInterval', 'stopGracePeriod'])
      expect(() => read({ ...complete, ...changed, adapters })).toThrow(`${field}: must be at most P24DT20H`);
  });

  it.each(['/var/mcms', 'C:\\MCMS\\work', 'd:/mcms', '\\\\server\\share\\mcms'])(
    'takes the work folder %s of either system',
    (workFolder) => {
      expect(posix.isAbsolute(workFolder) || win32.isAbsolute(workFolder)).toBe(true);
      expect(read({ ...complete, workFolder }).workFolder).toBe(workFolder);
    },
  );

  it.each([
    ['seats', { seats: 0 }, 'seats'],
    ['an API without TLS on a network', { apiUrl: 'http://mcms.example' }, 'apiUrl: must be https'],
    [
      'a token endpoint without TLS',
      { identity: { ...complete.identity, tokenEndpoint: 'http://10.0.0.1/t' } },
      'identity.tokenEndpoint',
    ],
    [
      'both ways to Service Bus',
      { serviceBus: { connectionString: 'a', fullyQualifiedNamespace: 'b' } },
      'serviceBus: must have exactly one',
    ],
    ['an empty command', { adapters: [{ application: 'esprit', command: [] }] }, 'adapters[0].command'],
    [
      'one application twice',
      { adapters: [...complete.adapters, ...complete.adapters] },
      'adapters: must name each',
    ],
    ['a duration in words', { idlePollInterval: '1 minute' }, 'idlePollInterval: "1 minute" is not'],
    ['a relative work folder', { workFolder: 'work' }, 'workFolder: must be an absolute path'],
    ['a relative work folder of a drive', { workFolder: 'C:work' }, 'workFolder: must be an absolute path'],
    [
      'a relative key',
      { identity: { ...complete.identity, privateKeyFile: './key.pem' } },
      'identity.privateKeyFile: must be an absolute path',
    ],
    [
      'a relative certificate',
      { identity: { ...complete.identity, certificateFile: '..\\certificate.pem' } },
      'identity.certificateFile: must be an absolute path',
    ],
    ['an unknown field', { seat: 4 }, 'Unrecognized key: "seat"'],
  ])('names the field for %s', (_name, change, message) => {
    expect(() => read({ ...complete, ...change })).toThrow(message);
  });

  it('says when the file is not JSON, or not there', () => {
    expect(() => read('{')).toThrow('cmdhost.json is not JSON');
    expect(() => readCmdhostConfig(join(folder, 'none.json'))).toThrow('none.json cannot be read');
  });
});
