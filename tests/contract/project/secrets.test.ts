import { beforeAll, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { textFiles } from './checkout.ts';
import { ROOT } from './run-script.ts';

/** Azurite's key, which Microsoft publishes: it opens nothing but emulators. */
const PUBLIC_KEY =
  'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw' + '==';

interface Forbidden {
  readonly what: string;
  readonly pattern: RegExp;
  /** Made here, so that this file holds none itself. */
  readonly sample: string;
  readonly except?: string;
}

const FORBIDDEN: readonly Forbidden[] = [
  {
    what: 'a private key',
    pattern: /-{5}BEGIN [A-Z ]*PRIVATE KEY-{5}\s+[A-Za-z0-9+/]{20}/,
    sample: ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBgkqhkiG9w0B'].join('\n'),
  },
  {
    what: 'a token',
    pattern: /\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{20,}/,
    sample: ['eyJhbGciOiJSUzI1NiJ9', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', 'c2lnbmF0dXJlLW9mLWEtdG9rZW4'].join('.'),
  },
  {
    what: 'an account or access key',
    pattern: /(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)/,
    sample: `SharedAccessKey=${'k3Y'.repeat(14)}q=`,
    // Its digests look alike.
    except: 'package-lock.json',
  },
  {
    what: 'a signed link',
    pattern: /[?&]sig=[A-Za-z0-9%+/]{20,}/,
    sample: ['https://x.example/f?sv=1', `sig=${'aB3%2B'.repeat(8)}`].join('&'),
  },
  {
    what: 'where packages come from',
    pattern: /"resolved"\s*:|https?:\/\/registry\.|_auth[T]oken/,
    sample: ['https://registry', 'example', 'org/left-pad'].join('.'),
  },
  {
    what: 'a folder of one machine',
    pattern: /(?<![\w.:/{}$-])\/(?:home|root|Users|work)\/\w|[A-Z]:\\Users\\/,
    sample: ['see ', 'home', 'kim/notes'].join('/'),
  },
];

let files: readonly { readonly path: string; readonly lines: readonly string[] }[];
beforeAll(async () => {
  files = await Promise.all(
    (await textFiles()).map(async (path) => {
      const text = await readFile(join(ROOT, path), 'utf8');
      return { path, lines: text.replaceAll(PUBLIC_KEY, '').split('\n') };
    }),
  );
});

it.each([...FORBIDDEN])('no file holds $what', ({ pattern, sample, except }) => {
  expect(sample).toMatch(pattern);
  const found = files.flatMap(({ path, lines }) =>
    path === except
      ? []
      : lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}`] : [])),
  );
  expect(found).toEqual([]);
  expect(files.length).toBeGreaterThan(300);
});
