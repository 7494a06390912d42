import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { queryBoolean, text, timestamp, top } from './fields.ts';
import { openApiDocument } from './openapi.ts';
import { pageOf, skipToken } from './paging.ts';
import { defineRoute } from './route.ts';

const part = z.strictObject({ partId: z.uuid() }).meta({ id: 'Part' });
const thing = z
  .strictObject({ code: text(64), madeAt: timestamp(), parts: z.array(part) })
  .meta({ id: 'Thing' });
const facts = { operation: 'item.read', tags: ['Things'] } as const;

const routes = [
  defineRoute({
    ...facts,
    name: 'things-list',
    method: 'GET',
    path: 'things',
    summary: 'List things',
    description: 'Newest first.',
    access: { roles: ['Mcms.Reader', 'Mcms.Machinist'] },
    query: z.strictObject({
      q: text(50).optional().describe('Part of a name'),
      top: top(500, 200),
      count: queryBoolean().optional(),
      skipToken: skipToken(z.tuple([z.int()])).optional(),
    }),
    responses: {
      200: { description: 'A page', schema: pageOf(thing), headers: { ETag: 'Tag of the page' } },
    },
    handler: (_ctx) => ({ status: 200, body: { value: [] } }),
  }),
  defineRoute({
    ...facts,
    name: 'things-change',
    method: 'PATCH',
    path: 'things/{code}',
    summary: 'Change a thing',
    access: { roles: ['Mcms.Engineer'] },
    requiresIfMatch: true,
    params: z.strictObject({ code: text(64) }),
    body: z.strictObject({ name: text(20) }),
    responses: { 200: { description: 'Changed', schema: thing }, 204: { description: 'As it was' } },
    problems: { 409: 'Wrong state; `allowedActions` tells what is possible' },
    handler: (_ctx) => ({ status: 204 }),
  }),
  defineRoute({
    ...facts,
    name: 'things-page',
    method: 'GET',
    path: 'things.html',
    summary: 'A page',
    access: 'anonymous',
    responses: { 200: { description: 'The page', contentType: 'text/html' } },
    handler: (_ctx) => ({ status: 200, body: '' }),
  }),
];

const document = openApiDocument({ title: 'Test', version: '1', description: '' }, routes) as unknown as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Record<string, unknown>> };
};

interface Operation {
  parameters: Record<string, unknown>[];
  responses: Record<string, Record<string, unknown>>;
  security: unknown[];
  description: string;
  requestBody?: unknown;
}

function operation(path: string, method: string): Operation {
  const found = document.paths[path]?.[method];
  if (!found) throw new Error(`no ${method} ${path}`);
  return found;
}

describe('openApiDocument', () => {
  it('shows query parameters as they are on the wire', () => {
    expect(operation('/things', 'get').parameters).toEqual([
      {
        name: 'q',
        in: 'query',
        required: false,
        description: 'Part of a name',
        schema: { type: 'string', minLength: 1, maxLength: 50 },
      },
      {
        name: 'top',
        in: 'query',
        required: false,
        schema: { type: 'integer', minimum: 1, maximum: 500, default: 200 },
      },
      { name: 'count', in: 'query', required: false, schema: { type: 'boolean' } },
      { name: 'skipToken', in: 'query', required: false, schema: { type: 'string', maxLength: 2000 } },
      expect.objectContaining({ name: 'If-None-Match', in: 'header' }),
    ]);
  });

  it('names roles, headers and every refusal of a write', () => {
    const { parameters, responses, security, requestBody } = operation('/things/{code}', 'patch');
    expect(parameters).toMatchObject([
      { name: 'code', in: 'path', required: true },
      { name: 'Idempotency-Key', in: 'header', required: false },
      { name: 'If-Match', in: 'header', required: true },
    ]);
    expect(Object.keys(responses)).toEqual(
      expect.arrayContaining([
        '200',
        '204',
        '400',
        '401',
        '403',
        '409',
        '412',
        '413',
        '415',
        '428',
        'default',
      ]),
    );
    expect(responses['409']?.['description']).toContain('allowedActions');
    expect(security).toEqual([{ bearer: [] }]);
    expect(requestBody).toMatchObject({
      required: true,
      content: { 'application/json': { schema: { required: ['name'], additionalProperties: false } } },
    });
  });

  it('asks no token where none is needed, and shows a body that is not JSON', () => {
    const { security, responses } = operation('/things.html', 'get');
    expect(security).toEqual([]);
    expect(responses['200']?.['content']).toEqual({ 'text/html': {} });
  });

  it('keeps named schemas once, open for members to come', () => {
    expect(document.components.schemas['Thing']).toEqual({
      type: 'object',
      properties: {
        code: { type: 'string', minLength: 1, maxLength: 64 },
        madeAt: { type: 'string', format: 'date-time' },
        parts: { type: 'array', items: { $ref: '#/components/schemas/Part' } },
      },
      required: ['code', 'madeAt', 'parts'],
    });
  });

  it('refers to nothing that is not there', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      (match) => match[1] ?? '',
    );
    expect(refs.length).toBeGreaterThan(5);
    for (const ref of refs) {
      const target = ref
        .split('/')
        .reduce<unknown>((node, key) => (node as Record<string, unknown>)?.[key], document);
      expect(target).toBeDefined();
    }
  });
});
