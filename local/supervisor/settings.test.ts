import { describe, expect, it } from '@jest/globals';
import { readStackSettings } from './settings.ts';

describe('the settings of the stack', () => {
  it('have the documented defaults', async () => {
    expect(await readStackSettings({}, '/srv/mcms')).toMatchObject({
      ports: { http: 7071, blob: 10_000, amqp: 5672, identity: 7072 },
      cmdHosts: 1,
      seed: 'demo',
      apiUrl: 'http://127.0.0.1:7071',
      issuer: 'http://127.0.0.1:7072',
      audience: 'api://mcms',
      simulatorDuration: 'PT0S',
    });
  });

  it('give a port that is free for a port 0, to each its own', async () => {
    const { ports } = await readStackSettings(
      { MCMS_PORT: '0', MCMS_BLOB_PORT: '0', MCMS_AMQP_PORT: '0' },
      '/',
    );
    expect(new Set([ports.http, ports.blob, ports.amqp]).size).toBe(3);
    expect(ports.http).toBeGreaterThan(0);
  });

  it.each([
    ['MCMS_PORT', '70000'],
    ['MCMS_BLOB_PORT', 'seven'],
    ['MCMS_CMDHOSTS', '-1'],
    ['MCMS_SEED', 'full'],
    ['MCMS_SIMULATOR_DURATION', '5 s'],
    ['MCMS_SIMULATOR_DURATION', 'PT'],
    ['SqlConnection', 'mcms.db'],
  ])('are refused by name: %s=%s', async (name, value) => {
    await expect(readStackSettings({ [name]: value }, '/srv/mcms')).rejects.toThrow(name);
  });
});
