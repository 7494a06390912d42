import { describe, expect, it } from '@jest/globals';
import { isStoreAway } from './blobs.ts';

describe('a store', () => {
  it.each([
    [{ code: 'ENOTFOUND' }, true],
    [{ code: 'EAI_AGAIN' }, true],
    [{ code: 'ECONNRESET' }, true],
    [{ code: 'EADDRNOTAVAIL' }, true],
    [{ code: 'REQUEST_SEND_ERROR' }, true],
    [{ statusCode: 503, code: 'ServerBusy' }, true],
    [{ statusCode: 403, code: 'AuthenticationFailed' }, false],
    [{ code: 'ENOENT' }, false],
    [{ code: 'EEXIST' }, false],
    [{}, false],
  ])('with %j may answer in a moment: %s', (fields, away) => {
    expect(isStoreAway(Object.assign(new Error('no'), fields))).toBe(away);
  });
});
