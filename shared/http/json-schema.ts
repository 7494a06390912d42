import { z } from 'zod';

export type JsonObject = Record<string, unknown>;

/**
 * Writes zod schemas as the JSON Schema of what goes over the wire, collecting those with an id (`.meta({ id: 'Routing' })`) as
 * shared components.
 */
export class SchemaWriter {
  readonly components: JsonObject = {};

  /** `open`: members not named may be there (a response), where a request refuses them. */
  write(schema: z.ZodType, { open }: { open: boolean }): JsonObject {
    const {
      $schema: _dialect,
      $defs,
      ...json
    } = z.toJSONSchema(schema, {
      io: 'input',
      unrepresentable: 'any',
      override: ({ zodSchema, jsonSchema }) => applyWire(z.globalRegistry.get(zodSchema), jsonSchema, open),
    });
    for (const [id, definition] of Object.entries($defs ?? {}))
      this.components[id] = toComponentRefs(withoutId(definition));
    return toComponentRefs(withoutId(json));
  }
}

function applyWire(meta: z.GlobalMeta | undefined, json: JsonObject, open: boolean): void {
  const wire = meta?.['wire'];
  if (typeof wire === 'object' && wire !== null) {
    for (const key of Object.keys(json)) delete json[key];
    Object.assign(json, wire, meta?.description === undefined ? {} : { description: meta.description });
  }
  if (open && json['additionalProperties'] === false) delete json['additionalProperties'];
  if (json['minimum'] === Number.MIN_SAFE_INTEGER) delete json['minimum'];
  if (json['maximum'] === Number.MAX_SAFE_INTEGER) delete json['maximum'];
}

function withoutId(schema: object): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== 'id'));
}

function toComponentRefs(schema: JsonObject): JsonObject {
  const text = JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as JsonObject;
}
