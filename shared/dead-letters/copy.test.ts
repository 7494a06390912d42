import { describe, expect, it } from '@jest/globals';
import { copyEdits } from './copy.ts';

const message = { messageId: 'm', sequenceNumber: 42n, applicationProperties: {} };
const idOf = (changes: object = {}, idMark = ''): string =>
  copyEdits({ ...message, ...changes }, { idMark }).messageId;

describe('the id of a copy', () => {
  it('is made of the first id and the number of the message', () => {
    expect(idOf()).toBe('m~42');
    expect(
      idOf({ messageId: 'm~42', applicationProperties: { OriginalMessageId: 'm' }, sequenceNumber: 50n }),
    ).toBe('m~50');
  });

  it('differs between equal numbers of two places', () => {
    expect(new Set([idOf(), idOf({}, 'r'), idOf({}, 'rd')]).size).toBe(3);
  });

  it('stays within 128 characters, and apart for ids that begin alike', () => {
    const long = (last: string): string => idOf({ messageId: `${'x'.repeat(127)}${last}` });
    expect(long('a').length).toBeLessThanOrEqual(128);
    expect(long('a')).not.toBe(long('b'));
    expect(long('a')).toBe(long('a'));
    expect(idOf({ messageId: 'x'.repeat(125) })).toBe(`${'x'.repeat(125)}~42`);
  });
});
