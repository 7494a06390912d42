import { beforeAll, describe, expect, it } from '@jest/globals';
import { makeItem, makeRouting, moveWorking } from '../../tests/support/routing-samples.ts';
import { type Caller, type ShopApi, createShopApi } from '../../tests/support/shop-api.ts';

interface Row {
  readonly routingId: string;
  readonly routingCode: string;
}

let api: ShopApi;
const COUNT = 12;
const STATUSES = ['Draft', 'PendingApproval', 'Approved', 'Released', 'Superseded', 'Withdrawn'];

beforeAll(async () => {
  api = await createShopApi();
  await makeItem(api, 'LIST');
  await makeItem(api, 'OTHER');
  for (let index = 0; index < COUNT; index += 1) {
    const routingId = await makeRouting(api, {
      itemCode: 'LIST',
      routingCode: `R-${String(index).padStart(2, '0')}`,
      name: index % 2 === 0 ? `밀링 ${index}` : `Turning ${index}`,
      machine: index % 3 === 0 ? 'Okuma MULTUS B300II' : 'Hermle C 42 U',
    });
    const status = STATUSES[index % STATUSES.length] ?? 'Draft';
    if (status !== 'Draft') await moveWorking(api, routingId, status);
  }
  await makeRouting(api, { itemCode: 'OTHER', routingCode: 'R-00' });
});

async function list(query: string, as: Caller = 'reader') {
  const reply = await api.send('GET', `routings?${query}`, { as });
  expect([query, reply.status]).toEqual([query, 200]);
  return {
    ...reply,
    rows: reply.json['value'] as Row[],
    nextLink: reply.json['nextLink'] as string | undefined,
  };
}

async function codes(query: string, as?: Caller): Promise<string[]> {
  return (await list(query, as)).rows.map((row) => row.routingCode);
}

const target = (link: string): string => link.slice('http://127.0.0.1:7071/api/routings?'.length);

/** All pages of a list; `between` runs after each. */
async function pages(
  query: string,
  between: (page: number) => Promise<void> = async () => {},
): Promise<string[]> {
  const seen: string[] = [];
  let next: string | undefined = query;
  for (let page = 0; next !== undefined && page < 20; page += 1) {
    const reply = await list(next);
    seen.push(...reply.rows.map((row) => row.routingCode));
    next = reply.nextLink && target(reply.nextLink);
    await between(page);
  }
  return seen;
}

const range = (...indexes: number[]): string[] =>
  indexes.map((index) => `R-${String(index).padStart(2, '0')}`);

describe('filters of the routing list', () => {
  it.each([
    ['itemCode=OTHER', range(0)],
    ['itemCode=LIST&revisionCode=A&top=2', range(0, 1)],
    ['itemCode=LIST&revisionCode=B', []],
    ['itemCode=LIST&status=Approved', range(2, 8)],
    ['itemCode=LIST&machine=Okuma%20MULTUS%20B300II', range(0, 3, 6, 9)],
    ['itemCode=LIST&owner=colleague', []],
    ['itemCode=LIST&owner=engineer&status=Draft', range(0, 6)],
    [`itemCode=LIST&q=${encodeURIComponent('밀링 1')}`, range(10)],
    ['q=tURNING%201', range(1, 11)],
    ['q=lis&status=Withdrawn', range(5, 11)],
    ['q=%25', []],
  ])('%s', async (query, expected) => {
    expect(await codes(query)).toEqual(expected);
  });

  it('shows what changed since an instant, that instant included', async () => {
    const all = await api.send('GET', 'routings?itemCode=LIST');
    const rows = all.json['value'] as { routingCode: string; changedAt: string }[];
    const since = rows[9]?.changedAt ?? '';
    expect(await codes(`itemCode=LIST&changedSince=${since}`)).toEqual(range(9, 10, 11));
    const offset = encodeURIComponent(since.replace('Z', '+00:00'));
    expect(await codes(`itemCode=LIST&changedSince=${offset}`)).toEqual(range(9, 10, 11));
  });

  it('orders by any column, both ways', async () => {
    expect((await codes('itemCode=LIST&orderBy=routingCode%20desc'))[0]).toBe('R-11');
    expect((await codes('itemCode=LIST&orderBy=changedAt%20desc&top=1'))[0]).toBe('R-11');
    expect((await codes('itemCode=LIST&orderBy=name')).slice(0, 2)).toEqual(range(1, 11));
    expect((await codes('itemCode=LIST&orderBy=createdAt%20desc'))[0]).toBe('R-11');
  });

  it('counts all matches when asked', async () => {
    expect((await list('itemCode=LIST&top=5&count=true')).json['count']).toBe(COUNT);
    expect((await list('itemCode=LIST&top=5')).json).not.toHaveProperty('count');
  });

  it.each([
    ['colour=red', 'colour'],
    ['top=0', 'top'],
    ['top=501', 'top'],
    ['top=ten', 'top'],
    ['status=Gone', 'status'],
    ['orderBy=version', 'orderBy'],
    ['changedSince=yesterday', 'changedSince'],
    ['count=yes', 'count'],
    ['skipToken=broken!', 'skipToken'],
    ['skipToken=eyJzZXEiOiJ4In0', 'skipToken'],
    [`q=${'x'.repeat(201)}`, 'q'],
    [`machine=${'x'.repeat(101)}`, 'machine'],
    ['itemCode=A&itemCode=B', 'itemCode'],
  ])('refuses %s', async (query, path) => {
    const reply = await api.send('GET', `routings?${query}`);
    expect(reply.status).toBe(400);
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
    expect(reply.json['errors']).toMatchObject([{ path }]);
  });

  it('refuses a token made in another order', async () => {
    const { nextLink } = await list('itemCode=LIST&orderBy=name&top=2');
    const other = target(nextLink ?? '').replace('orderBy=name', 'orderBy=machine');
    expect((await api.send('GET', `routings?${other}`)).json['errors']).toMatchObject([
      { path: 'skipToken' },
    ]);
  });
});

describe('pages of the routing list', () => {
  it.each(['createdAt', 'createdAt desc', 'changedAt desc', 'name', 'machine', 'status desc', 'routingCode'])(
    'are complete and disjoint in order of %s',
    async (order) => {
      const seen = await pages(`itemCode=LIST&top=5&orderBy=${encodeURIComponent(order)}`);
      const whole = await codes(`itemCode=LIST&orderBy=${encodeURIComponent(order)}`);
      expect(seen).toEqual(whole);
      expect(new Set(seen).size).toBe(COUNT);
    },
  );

  it('neither lose nor repeat a row when others are inserted between them', async () => {
    await makeItem(api, 'GROWING');
    for (const code of ['B', 'D', 'F', 'H'])
      await makeRouting(api, { itemCode: 'GROWING', routingCode: code });
    const seen = await pages('itemCode=GROWING&orderBy=routingCode&top=2', async (page) => {
      if (page > 1) return;
      await makeRouting(api, { itemCode: 'GROWING', routingCode: `A-${page}` });
      await makeRouting(api, { itemCode: 'GROWING', routingCode: `G-${page}` });
    });
    expect(seen.filter((code) => 'BDFH'.includes(code))).toEqual(['B', 'D', 'F', 'H']);
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('the entity tag of a page', () => {
  it('is 304 until a routing of the page changes', async () => {
    await makeItem(api, 'TAGGED');
    const routingId = await makeRouting(api, { itemCode: 'TAGGED', routingCode: 'T' });
    const first = await list('itemCode=TAGGED');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    const again = await api.send('GET', 'routings?itemCode=TAGGED', { as: 'reader', headers });
    expect([again.status, again.text]).toEqual([304, '']);
    await api.send('PATCH', `routings/${routingId}`, {
      json: { name: 'new' },
      headers: { 'if-match': '"1"' },
    });
    const changed = await api.send('GET', 'routings?itemCode=TAGGED', { as: 'reader', headers });
    expect(changed.status).toBe(200);
  });
});

describe('what a machinist is shown', () => {
  it('is released routings only', async () => {
    expect(await codes('itemCode=LIST', 'machinist')).toEqual(range(3, 9));
    expect(await codes('itemCode=LIST&status=Draft', 'machinist')).toEqual([]);
    expect((await list('itemCode=LIST&count=true', 'machinist')).json['count']).toBe(2);
    const draft = (await list('itemCode=LIST&top=1')).rows[0]?.routingId ?? '';
    for (const path of ['', '/cam-revisions', '/cam-revisions/1']) {
      const reply = await api.send('GET', `routings/${draft}${path}`, { as: 'machinist' });
      expect([path, reply.status]).toEqual([path, 404]);
    }
  });

  it('is each routing as it was released, whatever is drafted after', async () => {
    await makeItem(api, 'FLOOR');
    const routingId = await makeRouting(api, { itemCode: 'FLOOR', routingCode: 'F', name: 'Released name' });
    await moveWorking(api, routingId, 'Released');
    const json = { name: 'Drafted name', machine: 'Makino a51nx', steps: [], owner: 'colleague' };
    await api.send('PATCH', `routings/${routingId}`, {
      as: 'colleague',
      json,
      headers: { 'if-match': '"2"' },
    });

    const shown = { name: 'Released name', status: 'Released', camRev: 1, changedBy: 'approver' };
    expect((await list('itemCode=FLOOR', 'machinist')).rows).toMatchObject([shown]);
    expect(await codes('q=drafted', 'machinist')).toEqual([]);
    expect(await codes('q=released%20name', 'machinist')).toEqual(['F']);
    expect(await codes('machine=Makino%20a51nx', 'machinist')).toEqual([]);
    const read = await api.send('GET', `routings/${routingId}`, { as: 'machinist' });
    expect(read.json).toMatchObject({ ...shown, allowedActions: [], lastCommand: null });
    expect(read.json['steps']).toHaveLength(2);
    const revisions = await api.send('GET', `routings/${routingId}/cam-revisions`, { as: 'machinist' });
    expect(revisions.json['value']).toMatchObject([{ camRev: 1 }]);
    expect((await api.send('GET', `routings/${routingId}/cam-revisions/2`, { as: 'machinist' })).status).toBe(
      404,
    );
    expect((await list('itemCode=FLOOR')).rows).toMatchObject([{ name: 'Drafted name', camRev: 2 }]);
  });
});
