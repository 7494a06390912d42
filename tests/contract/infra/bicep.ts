import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A Bicep file as far as the checks need it: its declarations and, for each symbol, where it is used. */
export interface BicepFile {
  readonly path: string;
  readonly text: string;
  /** The text with comments and the literal parts of strings blanked; interpolated expressions stay. */
  readonly code: string;
  readonly params: readonly { readonly name: string; readonly hasDefault: boolean }[];
  readonly vars: readonly string[];
  readonly outputs: readonly string[];
  readonly resources: readonly {
    readonly name: string;
    readonly type: string;
    readonly apiVersion: string;
  }[];
  readonly modules: readonly BicepModule[];
}

export interface BicepModule {
  readonly name: string;
  /** Relative to the repository's root. */
  readonly path: string;
  readonly paramsGiven: readonly string[];
}

/** Reads the shape of one file. Not a compiler: it knows the layout that this project writes. */
export function readBicep(path: string): BicepFile {
  const text = readFileSync(path, 'utf8');
  const code = blankLiterals(text);
  const names = (kind: string) => [...code.matchAll(new RegExp(`^${kind} (\\w+)`, 'gm'))].map(first);
  return {
    path,
    text,
    code,
    params: [...code.matchAll(/^param (\w+)[^\n=]*(=?)/gm)].map((match) => ({
      name: first(match),
      hasDefault: match[2] === '=',
    })),
    vars: names('var'),
    outputs: names('output'),
    resources: [...text.matchAll(/^resource (\w+) '([^@']+)@([^']+)'/gm)].map(
      ([, name = '', type = '', apiVersion = '']) => ({ name, type, apiVersion }),
    ),
    modules: [...text.matchAll(/^module (\w+) '([^']+)'[^\n]*\n([\s\S]*?)^\}/gm)].map(
      ([, name = '', file = '', body = '']) => ({
        name,
        path: join(dirname(path), file),
        paramsGiven: [...body.matchAll(/^ {4}(\w+):/gm)].map(first),
      }),
    ),
  };
}

/** Symbols that the code names and neither declares nor gets from Bicep itself. */
export function unknownSymbols(file: BicepFile): string[] {
  const known = new Set([
    ...BUILT_IN,
    ...file.params.map((param) => param.name),
    ...file.vars,
    ...file.resources.map((resource) => resource.name),
    ...file.modules.map((module) => module.name),
    ...[...file.code.matchAll(/\bfor (?:\((\w+), (\w+)\)|(\w+)) in\b/g)].flatMap((match) => match.slice(1)),
    ...[...file.code.matchAll(/\b(\w+) =>/g)].map(first),
  ]);
  return [...new Set(usedIdentifiers(file).filter((name) => !known.has(name)))];
}

/** Parameters and variables that nothing reads. */
export function unusedSymbols(file: BicepFile): string[] {
  const used = new Set(usedIdentifiers(file));
  return [...file.params.map((param) => param.name), ...file.vars].filter((name) => !used.has(name));
}

/** `module.outputs.name` as the code has them. */
export function outputReferences(file: BicepFile): { readonly module: string; readonly output: string }[] {
  return [...file.code.matchAll(/\b(\w+)\.outputs\.(\w+)/g)].map(([, module = '', output = '']) => ({
    module,
    output,
  }));
}

/** What is wrong with the nesting of brackets, or nothing. */
export function bracketProblem(code: string): string | undefined {
  const open: string[] = [];
  for (const character of code) {
    if ('([{'.includes(character)) open.push(character);
    const partner = { ')': '(', ']': '[', '}': '{' }[character];
    if (partner && open.pop() !== partner) return `unexpected ${character}`;
  }
  return open.length > 0 ? `${open.join(' ')} never closed` : undefined;
}

function usedIdentifiers(file: BicepFile): string[] {
  const body = file.code.replaceAll(/^(param|var|output|resource|module) \w+/gm, '');
  return [...body.matchAll(/(?<![\w.@?]|\.\?)([A-Za-z_]\w*)(:?)/g)]
    .filter((match) => match[2] === '' || body.slice(0, match.index).endsWith(' in '))
    .map(first);
}

const first = (match: RegExpMatchArray): string => match[1] ?? '';

/** Comments and string literals become blanks of the same length; `${…}` inside strings stays as code. */
function blankLiterals(text: string): string {
  let code = '';
  let depths: number[] = [];
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    const depth = depths.at(-1);
    if (inString) {
      if (text.startsWith('${', at)) {
        depths.push(0);
        inString = false;
        code += '  ';
        at++;
      } else if (character === '\\') {
        code += '  ';
        at++;
      } else {
        inString = character !== "'";
        code += character === '\n' ? '\n' : ' ';
      }
    } else if (text.startsWith('//', at)) {
      const end = text.indexOf('\n', at);
      code += ' '.repeat((end < 0 ? text.length : end) - at);
      at = (end < 0 ? text.length : end) - 1;
    } else if (character === "'") {
      inString = true;
      code += ' ';
    } else if (depth !== undefined && character === '}' && depth === 0) {
      depths = depths.slice(0, -1);
      inString = true;
      code += ' ';
    } else {
      if (depth !== undefined && character === '{') depths[depths.length - 1] = depth + 1;
      if (depth !== undefined && character === '}') depths[depths.length - 1] = depth - 1;
      code += character;
    }
  }
  return code;
}

const BUILT_IN: readonly string[] = (
  'targetScope metadata description for in if true false null string int bool array object ' +
  'contains empty environment filter guid items loadJsonContent resourceGroup split ' +
  'subscription subscriptionResourceId tenant toLower toObject union uniqueString ' +
  'allowed batchSize maxLength maxValue minLength minValue'
).split(' ');
