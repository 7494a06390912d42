import { chmod, rename, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadClientKey, nextOf } from '../../../cmdhost/certificates/client-key.ts';
import { createGraphClient, GraphError } from '../../../cmdhost/certificates/graph-client.ts';
import { proofOfPossession } from '../../../cmdhost/certificates/proof.ts';
import { rotate, type RotateOptions } from '../../../cmdhost/certificates/rotate.ts';
import { openRotationStore, type Step } from '../../../cmdhost/certificates/rotation-state.ts';
import { createTokenCredential } from '../../../cmdhost/token.ts';
import { systemClock } from '../../../shared/time/clock.ts';
import { enrolledWorkstation, type Enrolled } from './enrolled.ts';

let station: Enrolled;
let old: string;
beforeEach(async () => {
  station = await enrolledWorkstation();
  old = await station.thumbprint();
});
afterEach(async () => station.stop());

const turn = async (changes: Partial<RotateOptions> = {}) =>
  rotate({
    config: station.config,
    days: 90,
    ifExpiresWithinMs: undefined,
    oldKeyId: undefined,
    graph: createGraphClient,
    clock: systemClock,
    pause: async () => Promise.resolve(),
    onStep: () => undefined,
    ...changes,
  });
const dieAfter = (fatal: Step) => (step: Step) => {
  if (step === fatal) throw new Error('power cut');
};
const hasToken = async () =>
  (await createTokenCredential(station.config.identity)).getToken(station.config.identity.scope);

describe('a rotation', () => {
  it('registers a new certificate, has a token by it, exchanges the files and removes the old one', async () => {
    const steps: Step[] = [];
    const rotated = await turn({ onStep: (step) => steps.push(step) });
    expect(rotated).toMatchObject({ outcome: 'rotated', oldLeft: undefined });
    expect(steps).toEqual(['made', 'registered', 'proven', 'switched']);
    expect(await station.thumbprint()).not.toBe(old);
    expect(await station.registered()).toEqual([await station.thumbprint()]);
    expect((await hasToken())?.token).toMatch(/^ey/);
  });

  it.each([0o600, 0o640])(
    'leaves a key with mode %o to those who could read it, and to nobody else',
    async (mode) => {
      const { privateKeyFile } = station.config.identity;
      await chmod(privateKeyFile, mode);
      await turn();
      const files = [privateKeyFile, `${privateKeyFile}.previous`];
      for (const file of files) expect((await stat(file)).mode & 0o777).toBe(mode);
    },
  );

  it('is taken up by a running agent without a restart', async () => {
    const agent = await createTokenCredential(station.config.identity);
    await agent.getToken(station.config.identity.scope);
    await turn();
    agent.forget();
    expect((await agent.getToken(station.config.identity.scope))?.token).toMatch(/^ey/);
  });

  it('can be done again, by the id that the one before has left', async () => {
    await turn();
    const second = await turn({ graph: blind });
    expect(second).toMatchObject({ outcome: 'rotated', oldLeft: undefined });
    expect(await station.registered()).toEqual([await station.thumbprint()]);
  });

  it('waits for its time', async () => {
    const day = 86_400_000;
    expect(await turn({ ifExpiresWithinMs: 30 * day })).toMatchObject({ outcome: 'not-due' });
    expect(await station.thumbprint()).toBe(old);
    expect(await turn({ ifExpiresWithinMs: 366 * day })).toMatchObject({ outcome: 'rotated' });
  });

  it('leaves the old certificate and says so where its id is not known', async () => {
    const rotated = await turn({ graph: blind });
    expect(rotated).toMatchObject({ oldLeft: expect.stringContaining('--old-key-id') });
    expect(await station.registered()).toHaveLength(2);
  });

  it('is not done twice at once', async () => {
    const other = openRotationStore(station.certificateFile);
    await expect(turn()).rejects.toThrow('another cmdhost rotate is at work');
    other.close();
    await expect(turn()).resolves.toMatchObject({ outcome: 'rotated' });
  });

  it('finds the object id in the registration when the configuration has none, and else asks for it', async () => {
    const { objectId: _left, ...identity } = station.config.identity;
    const config = { ...station.config, identity };
    await expect(turn({ config, graph: blind })).rejects.toThrow('identity.objectId is missing');
    await expect(turn({ config })).resolves.toMatchObject({ outcome: 'rotated' });
  });
});

describe('a rotation that broke off', () => {
  it.each<Step>(['made', 'registered', 'proven', 'switched'])('after "%s" is taken up', async (step) => {
    await expect(turn({ onStep: dieAfter(step) })).rejects.toThrow('power cut');
    expect((await hasToken())?.token).toMatch(/^ey/);
    expect(await turn()).toMatchObject({ outcome: 'rotated', oldLeft: undefined });
    expect(await station.registered()).toEqual([await station.thumbprint()]);
    expect((await hasToken())?.token).toMatch(/^ey/);
  });

  it('right after the directory took the certificate does not register it twice', async () => {
    const dying: RotateOptions['graph'] = (identity) => {
      const client = createGraphClient(identity);
      return {
        ...client,
        addKey: async (certificate, proof) => {
          await client.addKey(certificate, proof);
          throw new Error('power cut');
        },
      };
    };
    await expect(turn({ graph: dying })).rejects.toThrow('power cut');
    expect(await station.registered()).toHaveLength(2);
    expect(await turn()).toMatchObject({ outcome: 'rotated', oldLeft: undefined });
    expect(await station.registered()).toEqual([await station.thumbprint()]);
  });

  it('between the two files leaves a key with its certificate, and is taken up', async () => {
    await expect(turn({ onStep: dieAfter('switched') })).rejects.toThrow('power cut');
    const { privateKeyFile } = station.config.identity;
    // As it was before the second of the two renames.
    await rename(privateKeyFile, nextOf(privateKeyFile));
    await rename(`${privateKeyFile}.previous`, privateKeyFile);
    const store = openRotationStore(station.certificateFile);
    const state = await store.state();
    if (state) await store.save({ ...state, step: 'proven' });
    store.close();
    expect((await hasToken())?.token).toMatch(/^ey/);
    expect(await turn()).toMatchObject({ outcome: 'rotated', oldLeft: undefined });
    expect((await hasToken())?.token).toMatch(/^ey/);
  });

  it('after the old certificate was removed ends well', async () => {
    const dying: RotateOptions['graph'] = (identity) => {
      const client = createGraphClient(identity);
      return {
        ...client,
        removeKey: async (keyId, proof) => {
          await client.removeKey(keyId, proof);
          throw new Error('power cut');
        },
      };
    };
    const pause = async () => Promise.reject(new Error('power cut'));
    await expect(turn({ graph: dying, pause })).rejects.toThrow('power cut');
    expect(await station.registered()).toHaveLength(1);
    expect(await turn()).toMatchObject({ outcome: 'rotated', oldLeft: undefined });
  });
});

describe('the directory', () => {
  it.each([
    ['is for another application', { objectId: '11111111-1111-4111-8111-111111111111' }],
    ['is older than ten minutes', { ageMs: 11 * 60_000 }],
  ])(
    'refuses a proof that %s',
    async (_case, { objectId, ageMs = 0 }: { objectId?: string; ageMs?: number }) => {
      const { identity } = station.config;
      const key = await loadClientKey(identity);
      const now = new Date(Date.now() - ageMs);
      const proof = await proofOfPossession(key, objectId ?? identity.objectId ?? '', now);
      if (!key.certificate) throw new Error('enrolled without a certificate');
      const adding = createGraphClient(identity).addKey(key.certificate, proof);
      await expect(adding).rejects.toThrow(GraphError);
      await expect(adding).rejects.toMatchObject({ status: 401, code: 'Authentication_MissingOrMalformed' });
    },
  );

  it('refuses a proof by a key it does not know', async () => {
    const stranger = await enrolledWorkstation();
    try {
      const key = await loadClientKey(stranger.config.identity);
      const proof = await proofOfPossession(key, station.config.identity.objectId ?? '', new Date());
      if (!key.certificate) throw new Error('enrolled without a certificate');
      await expect(
        createGraphClient(station.config.identity).addKey(key.certificate, proof),
      ).rejects.toMatchObject({ status: 401 });
    } finally {
      await stranger.stop();
    }
  });

  it('lets an application look at and change itself only', async () => {
    const other = createGraphClient({
      ...station.config.identity,
      graphUrl: station.config.identity.graphUrl,
    });
    expect(await other.registration()).toMatchObject({ id: station.config.identity.objectId });
    const token = await hasToken();
    const asked = await fetch(`${station.config.identity.graphUrl}/applications(appId='WS-01')`, {
      headers: { authorization: `Bearer ${token?.token}` },
    });
    expect(asked.status).toBe(401);
  });
});

/** An application without the permission to read its registration: it may roll its keys all the same. */
function blind(identity: Parameters<RotateOptions['graph']>[0]) {
  return { ...createGraphClient(identity), registration: async () => Promise.resolve(undefined) };
}
