import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { bracketProblem, outputReferences, readBicep, unknownSymbols, unusedSymbols } from './bicep.ts';

const main = readBicep('infra/main.bicep');
const modules = readdirSync('infra/modules').map((file) => readBicep(join('infra/modules', file)));
const files = [main, ...modules];
const cases = files.map((file) => [file.path, file] as const);

describe('each Bicep file', () => {
  it.each(cases)('%s nests its brackets', (_path, file) => {
    expect(bracketProblem(file.code)).toBeUndefined();
  });

  it.each(cases)('%s names no symbol it does not have, and has none it does not use', (_path, file) => {
    expect({ unknown: unknownSymbols(file), unused: unusedSymbols(file) }).toEqual({
      unknown: [],
      unused: [],
    });
  });

  it.each(cases)('%s describes every parameter', (_path, file) => {
    const described = [...file.text.matchAll(/^@description\('[^\n]+\n(?:@[^\n]+\n)*param (\w+)/gm)].map(
      (match) => match[1],
    );
    expect(described).toEqual(file.params.map((param) => param.name));
  });

  it.each(cases)('%s loads only files that exist', (_path, file) => {
    const loaded = [...file.text.matchAll(/load\w+Content\('([^']+)'\)/g)].map((match) =>
      join(dirname(file.path), match[1] ?? ''),
    );
    expect(
      [...loaded, ...file.modules.map((module) => module.path)].filter((path) => !existsSync(path)),
    ).toEqual([]);
  });
});

describe('the files together', () => {
  it('use every module file, and each module gets exactly the parameters it has', () => {
    expect(main.modules.map((module) => module.path).sort()).toEqual(modules.map((file) => file.path).sort());
    for (const module of main.modules) {
      const declared = modules.find((file) => file.path === module.path)?.params ?? [];
      const missing = declared.filter(
        (param) => !param.hasDefault && !module.paramsGiven.includes(param.name),
      );
      const unknown = module.paramsGiven.filter((name) => !declared.some((param) => param.name === name));
      expect({ module: module.name, missing, unknown }).toEqual({
        module: module.name,
        missing: [],
        unknown: [],
      });
    }
  });

  it('read only outputs that the module gives', () => {
    for (const { module, output } of outputReferences(main)) {
      const path = main.modules.find((candidate) => candidate.name === module)?.path;
      const given = modules.find((file) => file.path === path)?.outputs ?? [];
      expect({ module, given }).toEqual({ module, given: expect.arrayContaining([output]) });
    }
  });

  it('take one API version per resource provider, and no preview', () => {
    const versions = new Map<string, Set<string>>();
    for (const { type, apiVersion } of files.flatMap((file) => file.resources)) {
      const provider = type.split('/')[0] ?? '';
      versions.set(provider, (versions.get(provider) ?? new Set<string>()).add(apiVersion));
    }
    expect([...versions].filter(([, used]) => used.size !== 1)).toEqual([]);
    expect(
      [...versions.values()]
        .flatMap((used) => [...used])
        .filter((version) => !/^\d{4}-\d\d-\d\d$/.test(version)),
    ).toEqual([]);
  });

  it('give the example parameter file what has no default, and nothing unknown', () => {
    const given = [...readFileSync('infra/main.bicepparam', 'utf8').matchAll(/^param (\w+)/gm)].map(
      (match) => match[1],
    );
    expect(given).toEqual(
      expect.arrayContaining(main.params.filter((param) => !param.hasDefault).map((param) => param.name)),
    );
    expect(given.filter((name) => !main.params.some((param) => param.name === name))).toEqual([]);
  });
});

describe('the reader of Bicep files', () => {
  const planted = (text: string) => ({ ...readBicep('infra/modules/identity.bicep'), code: text });

  it('sees an unknown symbol, also inside an interpolation and after a loop', () => {
    expect(
      unknownSymbols({
        ...main,
        code: main.code.replace('uniqueString(subscription', 'uniqueStrin(subscription'),
      }),
    ).toEqual(['uniqueStrin']);
    expect(unknownSymbols(planted('var a = [for x in elsewhere: x]'))).toEqual(['elsewhere']);
  });

  it('sees an unused parameter and an open bracket', () => {
    expect(
      unusedSymbols({ ...main, params: [...main.params, { name: 'forgotten', hasDefault: true }] }),
    ).toEqual(['forgotten']);
    expect(bracketProblem('{ a: [1, 2 }')).toBe('unexpected }');
    expect(bracketProblem('{ a: (1')).toBe('{ ( never closed');
  });
});
