import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { cmdhostConfig } from '../shared/config/cmdhost.ts';
import { configSchema } from './config-schema.ts';

type Json = Record<string, unknown>;

const sample = JSON.parse(
  readFileSync(join(import.meta.dirname, 'install/cmdhost.sample.json'), 'utf8'),
) as Json;
const [adapter] = sample['adapters'] as Json[];
const schema = configSchema();
/** Reads the JSON Schema as an editor does, without what the schema was made from. */
const fromSchema = z.fromJSONSchema(
  JSON.parse(JSON.stringify(schema)) as Parameters<typeof z.fromJSONSchema>[0],
);

/** Path and description of every field, those of lists and alternatives included. */
function fields(node: unknown, path = ''): [string, unknown][] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties, items, anyOf } = node as Json;
  const own = Object.entries((properties ?? {}) as Record<string, Json>);
  return [
    ...own.flatMap(([name, field]): [string, unknown][] => [
      [`${path}${name}`, field['description']],
      ...fields(field, `${path}${name}.`),
    ]),
    ...fields(items, path),
    ...(Array.isArray(anyOf) ? anyOf.flatMap((each) => fields(each, path)) : []),
  ];
}

describe('the schema of the configuration', () => {
  it('is one of draft 2020-12 that describes every field', () => {
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    const all = fields(schema);
    expect(all.map(([path]) => path)).toEqual(
      expect.arrayContaining(['seats', 'serviceBus.connectionString', 'identity.scope', 'adapters.command']),
    );
    expect(all.filter(([, description]) => typeof description !== 'string')).toEqual([]);
  });

  it.each<[string, Json]>([
    ['the sample', {}],
    ['a file that names its schema', { $schema: './cmdhost.schema.json' }],
    ['a local broker', { serviceBus: { connectionString: 'Endpoint=sb://127.0.0.1' } }],
    ['any duration', { idlePollInterval: 'P1DT0.5S', stopGracePeriod: 'P2W' }],
  ])('takes %s, as the agent does', (_name, changes) => {
    const file = { ...sample, ...changes };
    expect(fromSchema.safeParse(file).error?.issues ?? []).toEqual([]);
    expect(cmdhostConfig.safeParse(file).success).toBe(true);
  });

  it.each<[string, Json]>([
    ['an unknown key', { seat: 1 }],
    ['an unknown key further down', { adapters: [{ ...adapter, shell: true }] }],
    ['no seats', { seats: 0 }],
    ['two ways to Service Bus', { serviceBus: { connectionString: 'x', fullyQualifiedNamespace: 'y' } }],
    ['an application that is none', { adapters: [{ ...adapter, application: 'catia' }] }],
    ['a relative work folder', { workFolder: 'work' }],
    ['a work folder of nothing', { workFolder: '' }],
    ['a duration that is none', { stopGracePeriod: '10 minutes' }],
    ['a duration of nothing', { stopGracePeriod: 'P' }],
    ['a duration that breaks off', { stopGracePeriod: 'P1DT' }],
  ])('refuses %s, as the agent does', (_name, changes) => {
    const file = { ...sample, ...changes };
    expect(fromSchema.safeParse(file).success).toBe(false);
    expect(cmdhostConfig.safeParse(file).success).toBe(false);
  });

  it('tells the values of fields that are left out, as they would stand in the file', () => {
    const { idlePollInterval, stopGracePeriod } = schema['properties'] as Record<string, Json>;
    expect([idlePollInterval?.['default'], stopGracePeriod?.['default']]).toEqual(['PT1M', 'PT0S']);
    expect(cmdhostConfig.parse(sample)).toMatchObject({ idlePollInterval: 60_000, stopGracePeriod: 600_000 });
  });
});
