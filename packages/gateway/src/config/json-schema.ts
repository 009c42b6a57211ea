import { z } from 'zod';

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** False for the boolean schemas, and for lists of schemas. */
export function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema);
}

export interface JsonSchemaHead {
  readonly title: string;
  readonly description: string;
}

/**
 * The JSON Schema of a configuration as written, with descriptions and defaults. It has names only in their canonical letter case,
 * while the configuration accepts any. Of the rules over several options, it has only those that a schema adds itself.
 */
export function toJsonSchema(schema: z.ZodType, { title, description }: JsonSchemaHead): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => simplify(jsonSchema),
  });
  return { ...($schema !== undefined && { $schema }), title, description, ...rest };
}

/** Removes members that tell a reader nothing or, in a union, allow everything. */
function simplify(schema: JsonSchema): void {
  // A value that only code can create, such as a Secret, has no JSON form.
  const kinds = schema.anyOf?.filter((kind) => Object.keys(kind).length > 0);
  if (kinds !== undefined && kinds.length < (schema.anyOf?.length ?? 0)) {
    delete schema.anyOf;
    if (kinds.length > 1) schema.anyOf = kinds;
    else Object.assign(schema, kinds[0]);
  }
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  // Not a format of JSON Schema; the pattern has the same meaning.
  if (schema.format === 'starts_with') delete schema.format;
  if (schema.propertyNames !== undefined) delete schema.propertyNames;
}
