import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Plugin, ServicePlugin } from './service.ts';
import { affectedParts } from './watch-sources.ts';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mcms-watch-')));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const service = (name: string, entry: string, watches: string[] = []): ServicePlugin => ({
  kind: 'service',
  name,
  entry,
  watches,
  dependsOn: [],
  address: () => '',
});

describe('an edit', () => {
  it.each([
    ['shared/both.ts', ['host', 'agent']],
    ['shared/late.ts', ['host']],
    ['functions/main.ts', ['host']],
    ['host.json', ['host']],
    ['cmdhost/main.ts', ['agent']],
    ['shared/nobody.ts', []],
    ['cli/task.ts', []],
  ])('of %s restarts %j', (file, expected) => {
    write('local/host/main.ts', "import './host.ts';\nimport fs from 'node:fs';");
    write('local/host/host.ts', 'export {};');
    write(
      'functions/main.ts',
      "import {\n  a,\n} from '../shared/both.ts';\nawait import('../shared/late.ts');",
    );
    write('host.json', '{}');
    write('cmdhost/main.ts', "export { a } from '../shared/both.ts';");
    write('shared/both.ts', "import type { Late } from './late-type.ts';\nimport './both.ts';");
    write('shared/late.ts', '');
    write('shared/nobody.ts', '');
    write('cli/task.ts', '');
    const plugins: Plugin[] = [
      service('host', 'local/host/main.ts', ['functions/main.ts', 'host.json']),
      service('agent', 'cmdhost/main.ts'),
      { kind: 'task', name: 'task', entry: 'cli/task.ts', dependsOn: [] },
    ];
    expect(affectedParts(plugins, root, new Set([join(root, file)]))).toEqual(expected);
  });
});
