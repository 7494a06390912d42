import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { type JsonObject, SchemaWriter } from './json-schema.ts';
import { type Route, isWrite } from './route.ts';

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

const problemSchema = z
  .looseObject({
    type: z.string().describe('A URI that names the kind of problem.'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong with this request, for people.'),
    instance: z.string().optional(),
    code: z.string().describe('The kind of problem, stable, for programs.'),
    traceId: z.string().describe('Name it when you report the problem.'),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

/** Makes the OpenAPI 3.1 document of the registered routes. */
export function openApiDocument(info: ApiInfo, routes: readonly Route[]): JsonObject {
  const schemas = new SchemaWriter();
  const problem = schemas.write(problemSchema, { open: true });
  const paths: Record<string, JsonObject> = {};
  for (const route of routes) {
    const item = (paths[`/${route.path}`] ??= {});
    item[route.method.toLowerCase()] = operation(route, schemas);
  }
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/api' }],
    tags: [...new Set(routes.flatMap((route) => route.tags))].map((name) => ({ name })),
    paths,
    components: {
      schemas: schemas.components,
      responses: {
        Problem: { description: 'A problem', content: { 'application/problem+json': { schema: problem } } },
      },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function operation(route: Route, schemas: SchemaWriter): JsonObject {
  const roles = route.access === 'anonymous' ? undefined : route.access.roles;
  const note = roles ? `Role: ${roles.join(' or ')}.` : 'No token needed.';
  return {
    operationId: route.name,
    summary: route.summary,
    description: route.description ? `${route.description}\n\n${note}` : note,
    tags: route.tags,
    security: roles ? [{ bearer: [] }] : [],
    parameters: [
      ...fieldParameters('path', route.params, schemas),
      ...fieldParameters('query', route.query, schemas),
      ...headerParameters(route),
    ],
    ...(route.body ? { requestBody: requestBody(route.body, schemas) } : {}),
    responses: { ...problemResponses(route), ...successResponses(route, schemas) },
  };
}

function requestBody(body: z.ZodType, schemas: SchemaWriter): JsonObject {
  const schema = schemas.write(body, { open: false });
  return { required: !body.safeParse(undefined).success, content: { 'application/json': { schema } } };
}

function fieldParameters(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  schemas: SchemaWriter,
): JsonObject[] {
  if (!schema) return [];
  const json = schemas.write(schema, { open: false });
  const required = Array.isArray(json['required']) ? json['required'] : [];
  return Object.entries((json['properties'] ?? {}) as Record<string, JsonObject>).map(([name, field]) => {
    const { description, ...rest } = field;
    const always = place === 'path' || required.includes(name);
    return { name, in: place, required: always, ...(description ? { description } : {}), schema: rest };
  });
}

function headerParameters(route: Route): JsonObject[] {
  const header = (
    name: string,
    required: boolean,
    description: string,
    schema: JsonObject = {},
  ): JsonObject => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string', ...schema },
  });
  return [
    ...(isWrite(route.method) && route.access !== 'anonymous'
      ? [
          header(
            'Idempotency-Key',
            false,
            'The same key and request give the same answer; any unique text.',
            {
              maxLength: 200,
              pattern: '^[\\x21-\\x7e]+$',
            },
          ),
        ]
      : []),
    ...(route.requiresIfMatch ? [header('If-Match', true, 'Entity tag of what was read.')] : []),
    ...(hasEntityTag(route) ? [header('If-None-Match', false, 'Entity tag of what the caller has.')] : []),
  ];
}

function hasEntityTag(route: Route): boolean {
  return route.method === 'GET' && route.responses[200]?.headers?.['ETag'] !== undefined;
}

function problemResponses(route: Route): JsonObject {
  const statuses = new Set([
    ...(route.params || route.query || route.body ? [400] : []),
    ...(route.access === 'anonymous' ? [] : [401, 403]),
    ...(isWrite(route.method) && route.access !== 'anonymous' ? [409] : []),
    ...(route.requiresIfMatch ? [412, 428] : []),
    ...(route.body ? [413, 415] : []),
    ...Object.keys(route.problems ?? {}).map(Number),
  ]);
  const answers: JsonObject = { default: { $ref: '#/components/responses/Problem' } };
  for (const status of statuses) {
    answers[status] = {
      description: route.problems?.[status] ?? STATUS_CODES[status] ?? 'A problem',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  return answers;
}

function successResponses(route: Route, schemas: SchemaWriter): JsonObject {
  const answers: JsonObject = hasEntityTag(route) ? { 304: { description: 'Not changed' } } : {};
  for (const [status, spec] of Object.entries(route.responses)) {
    const type = spec.contentType ?? (spec.schema ? 'application/json' : undefined);
    answers[status] = {
      description: spec.description,
      ...(spec.headers ? { headers: headerDocs(spec.headers) } : {}),
      ...(type
        ? { content: { [type]: spec.schema ? { schema: schemas.write(spec.schema, { open: true }) } : {} } }
        : {}),
    };
  }
  return answers;
}

function headerDocs(headers: Readonly<Record<string, string>>): JsonObject {
  const docs = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  return Object.fromEntries(docs) as JsonObject;
}
