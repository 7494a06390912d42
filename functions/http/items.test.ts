import { beforeAll, describe, expect, it } from '@jest/globals';
import { type ShopApi, createShopApi } from '../../tests/support/shop-api.ts';

let api: ShopApi;
beforeAll(async () => {
  api = await createShopApi();
});

describe('items', () => {
  it('creates, reads and lists one with Korean text', async () => {
    const json = { itemCode: '펌프-1.2_a', name: '유압 펌프', description: '고압\n연료용' };
    const created = await api.send('POST', 'items', { json });
    expect(created.status).toBe(201);
    expect(created.headers.get('etag')).toBe('"1"');
    expect(created.headers.get('location')).toBe(`/api/items/${encodeURIComponent('펌프-1.2_a')}`);

    const read = await api.send('GET', `items/${encodeURIComponent('펌프-1.2_a')}`, { as: 'reader' });
    expect(read.json).toMatchObject({ ...json, version: 1, createdBy: 'engineer', revisions: [] });
    const listed = await api.send('GET', `items?q=${encodeURIComponent('유압')}`, { as: 'reader' });
    expect(listed.json['value']).toMatchObject([{ itemCode: '펌프-1.2_a' }]);
  });

  it('refuses a code that is taken', async () => {
    const json = { itemCode: 'TWICE', name: 'First' };
    await api.send('POST', 'items', { json });
    const again = await api.send('POST', 'items', { json });
    expect(again.status).toBe(409);
    expect(again.json['code']).toBe('item-exists');
  });

  it('changes what is sent, with one history entry per field', async () => {
    await api.send('POST', 'items', { json: { itemCode: 'CHANGE', name: 'Old', description: 'old text' } });
    const changed = await api.send('PATCH', 'items/CHANGE', {
      as: 'colleague',
      json: { name: 'New', description: null, comment: '도면 변경' },
      headers: { 'if-match': '"1"' },
    });
    expect(changed.status).toBe(200);
    expect(changed.headers.get('etag')).toBe('"2"');
    expect(changed.json).toMatchObject({ name: 'New', description: null, changedBy: 'colleague' });
    const history = await api.send('GET', 'history?itemCode=CHANGE&changeType=ItemChanged');
    expect(history.json['value']).toMatchObject([
      { field: 'description', previousValue: 'old text', currentValue: null, comment: '도면 변경' },
      { field: 'name', previousValue: 'Old', currentValue: 'New', changedBy: 'colleague' },
    ]);
  });

  it('keeps the version when nothing changes', async () => {
    await api.send('POST', 'items', { json: { itemCode: 'SAME', name: 'Same' } });
    const same = await api.send('PATCH', 'items/SAME', {
      json: { name: 'Same' },
      headers: { 'if-match': '"1"' },
    });
    expect(same.headers.get('etag')).toBe('"1"');
    const history = await api.send('GET', 'history?itemCode=SAME');
    expect(history.json['value']).toHaveLength(1);
  });

  it('asks for If-Match, and refuses a stale one with the current version', async () => {
    await api.send('POST', 'items', { json: { itemCode: 'MATCH', name: 'Match' } });
    const without = await api.send('PATCH', 'items/MATCH', { json: { name: 'x' } });
    expect(without.status).toBe(428);
    const stale = await api.send('PATCH', 'items/MATCH', {
      json: { name: 'x' },
      headers: { 'if-match': '"9"' },
    });
    expect(stale.status).toBe(412);
    expect(stale.json).toMatchObject({ code: 'precondition-failed', currentVersion: 1 });
    expect(stale.headers.get('etag')).toBe('"1"');
  });

  it('answers 304 to a reader who has this version', async () => {
    await api.send('POST', 'items', { json: { itemCode: 'CACHED', name: 'Cached' } });
    const reply = await api.send('GET', 'items/CACHED', { headers: { 'if-none-match': '"1"' } });
    expect(reply.status).toBe(304);
    expect(reply.text).toBe('');
  });

  it('adds revisions, each once, and counts the item up', async () => {
    await api.send('POST', 'items', { json: { itemCode: 'REVISED', name: 'Revised' } });
    const json = { revisionCode: 'B', description: '' };
    const added = await api.send('POST', 'items/REVISED/revisions', { json });
    expect(added.status).toBe(201);
    expect(added.json).toMatchObject({ itemCode: 'REVISED', revisionCode: 'B', description: null });
    expect((await api.send('POST', 'items/REVISED/revisions', { json })).status).toBe(409);
    await api.send('POST', 'items/REVISED/revisions', { json: { revisionCode: 'A' } });
    const read = await api.send('GET', 'items/REVISED');
    expect(read.json).toMatchObject({
      version: 3,
      revisions: [{ revisionCode: 'A' }, { revisionCode: 'B', createdBy: 'engineer' }],
    });
  });

  it('does not know what is not there', async () => {
    expect((await api.send('GET', 'items/NONE')).status).toBe(404);
    expect(
      (await api.send('PATCH', 'items/NONE', { json: { name: 'x' }, headers: { 'if-match': '*' } })).status,
    ).toBe(404);
    expect((await api.send('POST', 'items/NONE/revisions', { json: { revisionCode: 'A' } })).status).toBe(
      404,
    );
  });

  it('pages by code, complete and each item once', async () => {
    const codes = Array.from({ length: 7 }, (_, index) => `PAGED-${index}`);
    for (const itemCode of codes.toReversed()) {
      await api.send('POST', 'items', { json: { itemCode, name: 'Paged' } });
    }
    const seen: string[] = [];
    let target: string | undefined = 'items?q=paged-&top=3';
    for (let pages = 0; target !== undefined && pages < 10; pages += 1) {
      const reply = await api.send('GET', target);
      seen.push(...(reply.json['value'] as { itemCode: string }[]).map((item) => item.itemCode));
      const next = reply.json['nextLink'] as string | undefined;
      target = next?.slice('http://127.0.0.1:7071/api/'.length);
    }
    expect(seen).toEqual(codes);
  });

  it.each([
    ['a slash', { itemCode: 'A/B', name: 'x' }, 'itemCode'],
    ['a dot segment', { itemCode: '..', name: 'x' }, 'itemCode'],
    ['SQL in a code', { itemCode: "A'; DROP TABLE Item; --", name: 'x' }, 'itemCode'],
    ['a long code', { itemCode: 'x'.repeat(65), name: 'x' }, 'itemCode'],
    ['a long name', { itemCode: 'A', name: '가'.repeat(201) }, 'name'],
    ['a long description', { itemCode: 'A', name: 'x', description: 'x'.repeat(2001) }, 'description'],
    ['no name', { itemCode: 'A' }, 'name'],
    ['a number for a name', { itemCode: 'A', name: 5 }, 'name'],
    ['a member nobody knows', { itemCode: 'A', name: 'x', colour: 'red' }, 'colour'],
  ])('refuses %s and names it', async (_what, json, path) => {
    const reply = await api.send('POST', 'items', { json });
    expect(reply.status).toBe(400);
    expect(reply.json['errors']).toMatchObject([{ path }]);
  });

  it('keeps SQL in free text as text', async () => {
    const name = "'); DROP TABLE Item; --";
    const description = '%_[]\\ "quoted" ${x} {{y}}';
    await api.send('POST', 'items', { json: { itemCode: 'INJECT', name, description } });
    const read = await api.send('GET', `items?q=${encodeURIComponent('DROP TABLE')}`);
    expect(read.json['value']).toMatchObject([{ itemCode: 'INJECT', name, description }]);
    const wildcard = await api.send('GET', `items?q=${encodeURIComponent('I_JECT')}`);
    expect(wildcard.json['value']).toEqual([]);
  });
});
