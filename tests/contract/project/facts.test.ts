import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { productVersion } from '../../../shared/config/version.ts';
import { markdownFiles } from './checkout.ts';
import { ROOT, readJson, scripts } from './run-script.ts';

let documents: ReadonlyMap<string, string>;
beforeAll(async () => {
  documents = await markdownFiles();
});

it('the version is the same in package.json, lockfile and product', async () => {
  const { version } = await readJson<{ version: string }>('package.json');
  expect(await readJson('package-lock.json')).toMatchObject({ version });
  expect(productVersion).toBe(version);
});

it('every program a script starts is there', async () => {
  const programs = Object.entries(await scripts()).flatMap(([name, command]) =>
    [...command.matchAll(/[.\w./-]+\.(?:ts|mjs|js)\b/g)].map(([file]) => `${name}: ${file}`),
  );
  expect(programs.filter((program) => !existsSync(join(ROOT, program.split(': ')[1] ?? '')))).toEqual([]);
});

describe('the documents', () => {
  it('name npm scripts that exist', async () => {
    const known = new Set(['ci', 'run', 'install', 'registry', ...Object.keys(await scripts())]);
    const unknown = [...documents].flatMap(([path, text]) =>
      [...text.matchAll(/\bnpm (?:run )?(?:-s )?([a-z][\w:-]*)/g)]
        .filter(([whole, name = '']) => isCommand(text, whole) && !known.has(name))
        .map(([whole]) => `${path}: ${whole}`),
    );
    expect(unknown).toEqual([]);
  });

  it('link to files and headings that exist', () => {
    const broken = [...documents].flatMap(([path, text]) =>
      [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !resolves(path, target))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });

  it('are reached from the README, or from one another', () => {
    const linked = new Set(
      [...documents].flatMap(([path, text]) =>
        [...text.matchAll(/\]\(([^)\s#]+)/g)].map(([, target = '']) => join(dirname(path), target)),
      ),
    );
    const lonely = [...documents.keys()].filter((path) => path !== 'README.md' && !linked.has(path));
    expect(lonely).toEqual([]);
  });

  it('the layout table of the README names what is there', () => {
    const [, layout = ''] = documents.get('README.md')?.split(/^## Layout$/m) ?? [];
    const rows = [...(layout.split(/^## /m)[0] ?? '').matchAll(/^\| *(`[^|]+`) *\|/gm)];
    const named = rows.flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
    );
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

/** Prose may say "npm itself"; a command stands in code. */
function isCommand(text: string, whole: string): boolean {
  return text.includes(`\`${whole}`) || new RegExp(`(^|[ $(&])${whole}`, 'm').test(codeOf(text));
}

function codeOf(text: string): string {
  return [...text.matchAll(/^```[^\n]*\n(.*?)^```/gms)].map(([, code = '']) => code).join('\n');
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```/gms, '').replaceAll(/`[^`\n]*`/g, '');
}

function resolves(from: string, target: string): boolean {
  const [file = '', heading] = target.split('#');
  const path = file === '' ? from : join(dirname(from), decodeURIComponent(file));
  if (!existsSync(join(ROOT, path))) return false;
  if (heading === undefined) return true;
  const headings = [...(documents.get(path) ?? '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    anchorOf(title),
  );
  return headings.includes(heading);
}

/** The anchor that GitHub gives a heading. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
