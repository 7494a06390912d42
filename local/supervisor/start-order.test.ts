import { describe, expect, it } from '@jest/globals';
import type { Plugin } from './service.ts';
import { startInOrder, stopInOrder } from './start-order.ts';

const plugin = (name: string, ...dependsOn: string[]): Plugin => ({
  kind: 'task',
  name,
  entry: `${name}.ts`,
  dependsOn,
});
const plugins = [
  plugin('agent', 'host'),
  plugin('host', 'store', 'migrate'),
  plugin('store'),
  plugin('migrate'),
];

describe('the order of the parts', () => {
  it('starts each as soon as those it depends on have started', async () => {
    const gates = new Map(plugins.map(({ name }) => [name, Promise.withResolvers<void>()]));
    const begun: string[] = [];
    const done = startInOrder(plugins, async ({ name }) => {
      begun.push(name);
      await gates.get(name)?.promise;
    });
    await Promise.resolve();
    expect(begun.toSorted((a, b) => a.localeCompare(b))).toEqual(['migrate', 'store']);
    for (const gate of gates.values()) gate.resolve();
    await done;
    expect(begun.slice(2)).toEqual(['host', 'agent']);
  });

  it('starts nothing after a failure', async () => {
    const begun: string[] = [];
    const done = startInOrder(plugins, async ({ name }) => {
      begun.push(name);
      if (name === 'store') throw new Error('the disk is full');
    });
    await expect(done).rejects.toThrow('the disk is full');
    expect(begun).not.toContain('host');
  });

  it('stops each after everything that depends on it', async () => {
    const ended: string[] = [];
    await stopInOrder(plugins, async ({ name }) => void ended.push(name));
    expect(ended.slice(0, 2)).toEqual(['agent', 'host']);
    expect(ended).toHaveLength(4);
  });

  it('refuses a circle by name', async () => {
    const circle = [plugin('a', 'b'), plugin('b', 'a')];
    await expect(startInOrder(circle, () => Promise.resolve())).rejects.toThrow('a -> b -> a');
  });

  it('ignores parts that are not in this stack', async () => {
    const begun: string[] = [];
    await startInOrder([plugin('host', 'seed')], async ({ name }) => void begun.push(name));
    expect(begun).toEqual(['host']);
  });
});
