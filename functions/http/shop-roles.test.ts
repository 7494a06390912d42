import { beforeAll, describe, expect, it } from '@jest/globals';
import { makeItem, makeRouting, moveWorking } from '../../tests/support/routing-samples.ts';
import { CALLERS, type Caller, type ShopApi, createShopApi } from '../../tests/support/shop-api.ts';

const READERS: readonly Caller[] = ['reader', 'engineer', 'colleague', 'approver', 'operator', 'admin'];
const WRITERS: readonly Caller[] = ['engineer', 'colleague', 'admin'];
const FLOOR: readonly Caller[] = ['machinist', ...READERS];
const UNKNOWN = 'routings/7d3f0f0e-8d5c-4a8e-9a55-000000000000';

let api: ShopApi;
let released: string;
beforeAll(async () => {
  api = await createShopApi();
  await makeItem(api, 'ROLES');
  const routingId = await makeRouting(api, { itemCode: 'ROLES', routingCode: 'R' });
  await moveWorking(api, routingId, 'Released');
  released = `routings/${routingId}`;
});

describe('roles', () => {
  /** Method, path, who may, and what those are answered when they send no more than this. */
  const table = [
    ['GET', () => 'items', READERS, 200],
    ['POST', () => 'items', WRITERS, 400],
    ['GET', () => 'items/ROLES', READERS, 200],
    ['PATCH', () => 'items/ROLES', WRITERS, 428],
    ['POST', () => 'items/ROLES/revisions', WRITERS, 400],
    ['GET', () => 'routings', FLOOR, 200],
    ['POST', () => 'routings', WRITERS, 400],
    ['GET', () => released, FLOOR, 200],
    ['GET', () => UNKNOWN, FLOOR, 404],
    ['PATCH', () => released, WRITERS, 428],
    ['GET', () => `${released}/cam-revisions`, FLOOR, 200],
    ['GET', () => `${released}/cam-revisions/1`, FLOOR, 200],
    ['GET', () => 'history', READERS, 200],
    ['GET', () => 'history/cam-revisions?itemCode=ROLES', READERS, 200],
  ] as const;

  it.each(table)('%s %s', async (method, target, allowed, status) => {
    for (const caller of Object.keys(CALLERS) as Caller[]) {
      const reply = await api.send(method, target(), { as: caller });
      expect([caller, reply.status]).toEqual([caller, allowed.includes(caller) ? status : 403]);
    }
  });

  it('covers every route', () => {
    expect(api.routes.filter(({ access }) => access === 'anonymous')).toEqual([]);
    expect(table.filter(([, , , status]) => status !== 404)).toHaveLength(api.routes.length);
  });

  it('answers 401 without a token', async () => {
    const reply = await api.send('GET', 'routings', { headers: { authorization: '' } });
    expect(reply.status).toBe(401);
  });
});
