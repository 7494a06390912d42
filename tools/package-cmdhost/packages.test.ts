import { describe, expect, it } from '@jest/globals';
import { importedPackages, packageFolders, parseLock } from './packages.ts';

const lock = parseLock(
  JSON.stringify({
    packages: {
      '': { dependencies: { a: '1', b: '1' } },
      'node_modules/a': { dependencies: { b: '2', '@s/c': '1' }, optionalDependencies: { absent: '1' } },
      'node_modules/a/node_modules/b': { version: '2', dependencies: { d: '1' } },
      'node_modules/b': { version: '1' },
      'node_modules/@s/c': {
        peerDependencies: { e: '1', f: '1' },
        peerDependenciesMeta: { f: { optional: true } },
      },
      'node_modules/d': { version: '1' },
      'node_modules/e': { version: '1' },
      'node_modules/f': { version: '1' },
      'node_modules/stranger': { version: '1' },
    },
  }),
);

describe('the packages of the agent', () => {
  it('are those its compiled sources import, by static and dynamic import', () => {
    const text = `import { z } from 'zod';\nimport '@s/c/deep/file.js';\nawait import('b');\nimport { join } from 'node:path';\nimport './own.js';`;
    expect([...importedPackages([text])].sort()).toEqual(['@s/c', 'b', 'zod']);
  });

  it('come with all they need, each from where Node would load it', () => {
    expect(packageFolders(lock, ['a'])).toEqual([
      'node_modules/@s/c',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/d',
      'node_modules/e',
    ]);
  });

  it('must be in the lockfile', () => {
    expect(() => packageFolders(lock, ['nowhere'])).toThrow(
      'the agent needs nowhere, which is not in package-lock.json',
    );
  });
});
