import { beforeAll, describe, expect, it } from '@jest/globals';
import { STEPS, makeItem, makeRouting, moveWorking } from '../../tests/support/routing-samples.ts';
import { type ShopApi, createShopApi } from '../../tests/support/shop-api.ts';

interface Entry {
  readonly historyId: string;
  readonly changeType: string;
  readonly changedAt: string;
  readonly field: string | null;
  readonly camRev: number | null;
}

let api: ShopApi;
let routingId: string;

beforeAll(async () => {
  api = await createShopApi();
  await makeItem(api, 'HIST');
  await makeItem(api, 'QUIET');
  routingId = await makeRouting(api, { itemCode: 'HIST', routingCode: 'H' });
  await change({ name: 'one' }, 1);
  await change({ name: 'two', machine: 'Hermle C 42 U' }, 2, 'colleague');
  await moveWorking(api, routingId, 'Released');
  await change({ steps: [STEPS[0]] }, 4);
});

async function change(json: unknown, version: number, as: 'engineer' | 'colleague' = 'engineer') {
  const reply = await api.send('PATCH', `routings/${routingId}`, {
    as,
    json,
    headers: { 'if-match': `"${version}"` },
  });
  expect(reply.status).toBe(200);
}

async function entries(query: string): Promise<Entry[]> {
  const reply = await api.send('GET', `history?${query}`, { as: 'reader' });
  expect([query, reply.status]).toEqual([query, 200]);
  return reply.json['value'] as Entry[];
}

const names = (found: readonly Entry[]): string[] =>
  found.map(({ changeType, field }) => (field === null ? changeType : `${changeType} ${field}`));

describe('the history list', () => {
  it('tells everything about an item, newest first', async () => {
    const all = await entries('itemCode=HIST');
    expect(names(all)).toEqual([
      'StepRemoved steps[20]',
      'CamRevisionStarted camRev',
      'RoutingChanged machine',
      'RoutingChanged name',
      'RoutingChanged name',
      'RoutingCreated',
      'RevisionCreated',
      'ItemCreated',
    ]);
    const times = all.map((entry) => entry.changedAt);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  it.each([
    ['itemCode=HIST&revisionCode=A&changeType=RevisionCreated', ['RevisionCreated']],
    ['itemCode=HIST&camRevFrom=2', ['StepRemoved steps[20]', 'CamRevisionStarted camRev']],
    ['itemCode=HIST&camRevTo=1&field=machine', ['RoutingChanged machine']],
    ['itemCode=HIST&changedBy=colleague', ['RoutingChanged machine', 'RoutingChanged name']],
    ['itemCode=HIST&changeType=ItemCreated', ['ItemCreated']],
    ['itemCode=NONE', []],
  ])('%s', async (query, expected) => {
    expect(names(await entries(query))).toEqual(expected);
  });

  it('takes a span of time: its start included, its end not', async () => {
    const all = await entries(`routingId=${routingId}`);
    const [newest, created] = [all[0]?.changedAt ?? '', all.at(-1)?.changedAt ?? ''];
    expect(names(await entries(`routingId=${routingId}&from=${newest}`))).toHaveLength(2);
    expect(names(await entries(`routingId=${routingId}&to=${newest}`))).toHaveLength(4);
    expect(names(await entries(`routingId=${routingId}&from=${created}&to=${newest}`))).toHaveLength(4);
  });

  it('pages completely while entries are added', async () => {
    const before = await entries('itemCode=HIST');
    const seen: Entry[] = [];
    let target: string | undefined = 'history?itemCode=HIST&top=3';
    for (let pages = 0; target !== undefined && pages < 10; pages += 1) {
      const reply = await api.send('GET', target);
      seen.push(...(reply.json['value'] as Entry[]));
      target = (reply.json['nextLink'] as string | undefined)?.slice('http://127.0.0.1:7071/api/'.length);
      await api.send('POST', 'items/HIST/revisions', { json: { revisionCode: `N${pages}` } });
    }
    expect(seen).toEqual(before);
  });

  it.each([
    ['top=1001', 'top'],
    ['camRevFrom=0', 'camRevFrom'],
    ['changeType=Exploded', 'changeType'],
    ['from=monday', 'from'],
    ['routingId=7', 'routingId'],
    ['skipToken=AAAA', 'skipToken'],
    ['who=engineer', 'who'],
  ])('refuses %s', async (query, path) => {
    const reply = await api.send('GET', `history?${query}`);
    expect(reply.status).toBe(400);
    expect(reply.json['errors']).toMatchObject([{ path }]);
  });

  it('takes SQL in a filter as text', async () => {
    const evil = encodeURIComponent(`' OR '1'='1`);
    for (const name of ['itemCode', 'revisionCode', 'field', 'changedBy'])
      expect(await entries(`${name}=${evil}`)).toEqual([]);
  });
});

describe('the summary per CAM revision', () => {
  it('has one row each, with who and when', async () => {
    const reply = await api.send('GET', `history/cam-revisions?routingId=${routingId}`);
    const all = await entries(`routingId=${routingId}`);
    expect(reply.json['value']).toEqual([
      {
        itemCode: 'HIST',
        revisionCode: 'A',
        routingId,
        camRev: 1,
        entries: 4,
        firstChangedAt: all[5]?.changedAt,
        lastChangedAt: all[2]?.changedAt,
        changedBy: ['engineer', 'colleague'],
      },
      expect.objectContaining({ camRev: 2, entries: 2, changedBy: ['engineer'] }),
    ]);
    const byItem = await api.send('GET', 'history/cam-revisions?itemCode=HIST&revisionCode=A');
    expect(byItem.json).toEqual(reply.json);
    expect((await api.send('GET', 'history/cam-revisions?itemCode=QUIET')).json['value']).toEqual([]);
  });

  it('asks for a routing or an item', async () => {
    const reply = await api.send('GET', 'history/cam-revisions?revisionCode=A');
    expect(reply.status).toBe(400);
    expect(reply.json['errors']).toMatchObject([{ path: 'routingId' }, { path: 'itemCode' }]);
  });
});
