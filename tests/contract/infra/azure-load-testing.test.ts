import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const folder = 'load-tests/azure-load-testing';
const text = readFileSync(join(folder, 'routing_list.yaml'), 'utf8');
const plan = readFileSync('load-tests/jmeter/routing_list.jmx', 'utf8');

/** Entries below a top-level key of this flat file, without comments. */
function entries(key: string): string[] {
  const block = new RegExp(`^${key}:\\n((?:[ #].*\\n)+)`, 'm').exec(text)?.[1] ?? '';
  return [...block.matchAll(/^ {2}- (.+)$/gm)].map((match) => match[1] ?? '');
}
const value = (key: string) => new RegExp(`^${key}: (.+)$`, 'm').exec(text)?.[1];

describe('the Azure Load Testing configuration', () => {
  it('fails on exactly the limits of R-1.1, R-10.2 and R-10.1', () => {
    expect(entries('failureCriteria')).toEqual([
      'max(response_time_ms) > 3000',
      'p95(response_time_ms) > 2000',
      'percentage(error) > 0.49',
    ]);
  });

  it('runs the plan that is run locally', () => {
    expect(value('version')).toBe('v0.1');
    expect(value('testType')).toBe('JMX');
    expect(value('testId')).toMatch(/^[a-z0-9_-]{2,50}$/);
    expect(value('description')?.length).toBeLessThanOrEqual(100);
    expect(existsSync(join(folder, value('testPlan') ?? ''))).toBe(true);
  });

  it('gives each environment variable and secret the plan asks for, and no secret by value', () => {
    const asked = (pattern: RegExp) => [...plan.matchAll(pattern)].map((match) => `name: ${match[1]}`);
    expect(entries('env')).toEqual(asked(/System\.getenv\("(\w+)"\)/g));
    expect(entries('secrets')).toEqual(asked(/__GetSecret\((\w+)\)/g));
    const secretValues = /^secrets:\n([\s\S]*)/m.exec(text)?.[1]?.matchAll(/^ {4}value: (.+)$/gm) ?? [];
    for (const [, secret] of secretValues)
      expect(secret).toMatch(/^https:\/\/[\w-]+\.vault\.azure\.net\/secrets\//);
  });
});
