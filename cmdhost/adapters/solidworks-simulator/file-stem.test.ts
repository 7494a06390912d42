import { describe, expect, it } from '@jest/globals';
import { adapterOutput } from '../contract.ts';
import { fileStem } from './file-stem.ts';

describe('the name of an output', () => {
  it.each([
    ['plain codes', 'BRK-1001', 'A', 'BRK-1001-A'],
    ['a path', '../../etc\\x', 'A/B', '.._.._etc_x-A_B'],
    ['all that Windows refuses', '<>:"|?*', '\n\u0000', '_______-__'],
    ['a mark of direction', 'a\u202eb', 'A', 'a_b-A'],
    ['half a surrogate pair', 'a\ud83d', 'A', 'a_-A'],
    ['a letter in two parts', 'u\u0308', 'A', 'ü-A'],
    ['a name of a device', 'NUL.1', 'A', '_NUL.1-A'],
    ['empty codes', '', '', '-'],
    ['a long code', 'x'.repeat(300), 'A', 'x'.repeat(186)],
    ['a long code of long letters', '브'.repeat(200), 'A', '브'.repeat(80)],
  ])('of %s', (_name, itemCode, revisionCode, stem) => {
    const ending = '-metadata.json';
    expect(fileStem({ itemCode, revisionCode }, ending)).toBe(stem);
    expect(adapterOutput.shape.fileName.parse(`${stem}${ending}`)).toBe(`${stem}${ending}`);
  });
});
