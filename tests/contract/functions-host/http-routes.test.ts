import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFixture, type StartedHost } from './start.ts';

describe('routes of http functions', () => {
  let host: StartedHost;
  beforeAll(async () => {
    host = await startFixture('http.ts');
  });
  afterAll(() => host[Symbol.asyncDispose]());

  const ask = (path: string, method = 'GET') => fetch(`${host.url}${path}`, { method });

  it.each<[string, string, string, object]>([
    ['GET', '/api/items', 'list-items', {}],
    ['POST', '/api/items', 'create-item', {}],
    ['GET', '/api/items/', 'list-items', {}],
    ['GET', '/API/Items', 'list-items', {}],
    ['GET', '/api/items/AbC', 'read-item', { itemCode: 'AbC' }],
    ['GET', '/api/items/latest', 'latest-item', {}],
    ['GET', '/api/items/special', 'read-item', { itemCode: 'special' }],
    ['POST', '/api/items/special', 'special-item', {}],
    ['GET', '/api/items/a%20b%C3%A9%2Bc', 'read-item', { itemCode: 'a bé+c' }],
    ['GET', '/api/items/a%2Fb', 'read-item', { itemCode: 'a%2Fb' }],
    ['GET', '/api/items/a%FFb', 'read-item', { itemCode: 'a%FFb' }],
    ['GET', '/api/items/..%2f', 'read-item', { itemCode: '..%2f' }],
    ['GET', '/api/x/../items/7', 'read-item', { itemCode: '7' }],
    ['GET', '/api/revisions/12', 'numbered', { n: '12' }],
    ['GET', '/api/revisions/12a', 'named', { name: '12a' }],
    ['GET', '/api/revisions/99999999999', 'named', { name: '99999999999' }],
    ['GET', '/api/pages', 'optional', {}],
    ['GET', '/api/pages/2', 'optional', { page: '2' }],
    ['GET', '/api/ranges/9', 'range', { n: '9' }],
    [
      'GET',
      '/api/guids/0F8FAD5B-D9CB-469F-A165-70867728950E',
      'guid',
      { id: '0F8FAD5B-D9CB-469F-A165-70867728950E' },
    ],
    ['GET', '/api/files', 'files', {}],
    ['GET', '/api/files/a/b%20c/d.nc', 'files', { path: 'a/b c/d.nc' }],
    ['GET', '/api/by-name', 'by-name', {}],
  ])('%s %s runs %s', async (method, path, fn, params) => {
    const response = await ask(path, method);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ fn, params });
  });

  it.each([
    ['GET', '/'],
    ['GET', '/items'],
    ['GET', '/api'],
    ['GET', '/api/unknown'],
    ['DELETE', '/api/items'],
    ['HEAD', '/api/items'],
    ['GET', '/api/ranges/10'],
    ['GET', '/api/guids/12'],
    ['GET', '/api/items//x'],
    ['GET', '/api/items/x/y'],
    ['GET', '/admin/host/status'],
  ])('%s %s is an empty 404, a wrong method too', async (method, path) => {
    const response = await ask(path, method);
    expect([response.status, await response.text()]).toEqual([404, '']);
  });

  it('answers HEAD where it is registered, with the headers and no body', async () => {
    const response = await ask('/api/items/1', 'HEAD');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe('');
  });
});

describe('a catch-all function', () => {
  it('takes what no other function takes, whatever the method', async () => {
    await using host = await startFixture('with-not-found.ts');
    const missing = await fetch(`${host.url}/api/a/b`);
    expect([missing.status, await missing.json()]).toEqual([404, { nothingAt: 'a/b' }]);
    const wrongMethod = await fetch(`${host.url}/api/items`, { method: 'DELETE' });
    expect(await wrongMethod.json()).toEqual({ nothingAt: 'items' });
    expect((await fetch(`${host.url}/api/items`)).status).toBe(200);
  });
});

describe('routePrefix', () => {
  it('may be empty or have several segments', async () => {
    await using bare = await startFixture('http.ts', {
      hostJsonContent: { extensions: { http: { routePrefix: '' } } },
    });
    expect((await fetch(`${bare.url}/items`)).status).toBe(200);
    await using deep = await startFixture('http.ts', {
      hostJsonContent: { extensions: { http: { routePrefix: 'shop/v1' } } },
    });
    expect((await fetch(`${deep.url}/shop/v1/items`)).status).toBe(200);
  });
});
