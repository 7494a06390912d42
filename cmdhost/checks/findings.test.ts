import { describe, expect, it } from '@jest/globals';
import { judge } from './api.ts';
import { checkDates } from './certificate.ts';
import { checkClock } from './clock.ts';
import { about, exitCode } from './finding.ts';
import { checkMode } from './key-files.ts';
import { explain } from './network-error.ts';
import { renderJson, renderTable } from './render.ts';
import { checkRole } from './token.ts';
import { checkSpace } from './work-folder.ts';

const NOW = new Date('2026-11-28T12:00:00.000Z');
const DAY_MS = 86_400_000;
const inDays = (days: number): Date => new Date(NOW.getTime() + days * DAY_MS);

describe('the clock', () => {
  it.each([
    [0, 'ok'],
    [30, 'ok'],
    [31, 'warning'],
    [-300, 'warning'],
    [301, 'problem'],
    [-301, 'problem'],
  ])('%d s off is %s', (seconds, level) => {
    const date = new Date(NOW.getTime() + seconds * 1000).toUTCString();
    expect(checkClock(date, NOW).level).toBe(level);
  });

  it('of an answer without a date says nothing', () => {
    expect(checkClock(null, NOW).level).toBe('warning');
  });
});

describe('the dates of a certificate', () => {
  it.each([
    ['not yet valid', 1, 100, 'problem'],
    ['over', -100, -1, 'problem'],
    ['nearly over', -100, 29, 'warning'],
    ['good', -100, 31, 'ok'],
  ])('%s', (_case, from, to, level) => {
    expect(checkDates({ validFromDate: inDays(from), validToDate: inDays(to) }, NOW).level).toBe(level);
  });
});

it.each([
  [0.4, 'problem'],
  [4.9, 'warning'],
  [5.1, 'ok'],
])('%d GiB of free space are %s', (gib, level) => {
  expect(checkSpace(gib * 1024 ** 3).level).toBe(level);
});

it('who may read a key on Windows is for icacls to say', () => {
  expect(checkMode('C:\\mcms\\key.pem', 0o100666, 'win32')).toMatchObject({
    level: 'ok',
    detail: 'who may read it: icacls "C:\\mcms\\key.pem"',
  });
});

it.each([
  [409, 'ok'],
  [404, 'ok'],
  [401, 'problem'],
  [403, 'problem'],
  [400, 'problem'],
  [503, 'warning'],
])('%d of the API is %s', (status, level) => {
  expect(judge(status).level).toBe(level);
});

it('a token that is no JWT leaves the role open', () => {
  expect(checkRole('opaque').level).toBe('warning');
});

describe('a network error', () => {
  it.each([
    ['ENOTFOUND', /^DNS does not know api.example/],
    ['ECONNREFUSED', /refuses the connection/],
    ['ECONNRESET', /was cut/],
    ['UND_ERR_CONNECT_TIMEOUT', /in time/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /^TLS to api.example fails/],
    ['CERT_HAS_EXPIRED', /^TLS/],
    ['UnauthorizedAccess', /refuses this identity/],
    ['MessagingEntityNotFoundError', /no such queue/],
  ])('%s is explained', (code, detail) => {
    const inner = Object.assign(new Error('inner'), { code });
    const outer = new TypeError('fetch failed', { cause: inner });
    expect(explain(outer, 'api.example').detail).toMatch(detail);
    expect(explain(new AggregateError([inner], 'all failed'), 'api.example').detail).toMatch(detail);
  });

  it('of an unknown kind is given as it is', () => {
    expect(explain(new Error('odd'), 'api.example').detail).toBe('odd');
  });
});

describe('a report', () => {
  const findings = [
    about('token').ok('given'),
    about('private key').problem('readable by everybody', 'chmod 600 key.pem'),
    about('clock').warning('40 s ahead', 'set the clock'),
  ];

  it('is a table with the next steps', () => {
    expect(renderTable(findings)).toBe(
      [
        'ok       token        given',
        'problem  private key  readable by everybody',
        '                      -> chmod 600 key.pem',
        'warning  clock        40 s ahead',
        '                      -> set the clock',
        '',
        '1 problem, 1 warning',
        '',
      ].join('\n'),
    );
  });

  it('is JSON for programs', () => {
    expect(JSON.parse(renderJson(findings))).toMatchObject({ schemaVersion: 1, ok: false, findings });
  });

  it('has exit code 1 for a problem only', () => {
    expect([exitCode(findings), exitCode([findings[2] ?? about('').ok('')])]).toEqual([1, 0]);
  });
});
