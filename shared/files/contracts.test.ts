import { describe, expect, it } from '@jest/globals';
import { contentType, fileName } from './contracts.ts';

const isTaken = (name: string): boolean => fileName.safeParse(name).success;

describe('fileName', () => {
  it.each([
    'O1001.nc',
    '하우징 3차 가공.esp',
    'Gehäuse (2).stp',
    '.nc',
    'a'.repeat(200),
    '한'.repeat(85),
    'console.nc',
    'COM10.nc',
    "O'Brien & 50% #1.nc",
    '😀.nc',
  ])('takes %j', (name) => {
    expect(fileName.parse(name)).toBe(name);
  });

  it('makes equal what looks equal', () => {
    expect(fileName.parse('하우징'.normalize('NFD'))).toBe('하우징');
  });

  it.each([
    '',
    '.',
    '..',
    '../O1001.nc',
    '..\\O1001.nc',
    '/etc/passwd',
    'C:\\x.nc',
    'a/b',
    'stream.nc:hidden',
    'a\0.nc',
    'a\nb.nc',
    'a\u0085.nc',
    'what?.nc',
    'all*.nc',
    'ends.',
    'ends ',
    'CON',
    'nul.txt',
    'Lpt1.nc',
    'COM¹.nc',
    'aux .nc',
    '\u202eexe.cn',
    'a\ud800.nc',
    'a'.repeat(201),
    '한'.repeat(86),
  ])('refuses %j', (name) => {
    expect(isTaken(name)).toBe(false);
  });
});

describe('contentType', () => {
  it.each([
    'text/plain',
    'model/step+xml',
    'text/plain; charset=utf-8',
    'text/plain;charset="utf-8"',
    'application/octet-stream',
  ])('takes %j', (value) => {
    expect(contentType.parse(value)).toBe(value);
  });
  it.each(['', 'text', 'text/', 'text/plain\r\nX-Evil: 1', 'text/plain; charset', 'a/b, c/d', 'text/plain;'])(
    'refuses %j',
    (value) => {
      expect(contentType.safeParse(value).success).toBe(false);
    },
  );
});
