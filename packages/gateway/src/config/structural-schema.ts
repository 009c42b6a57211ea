import type { JsonSchema } from './json-schema.ts';
import { isSchema } from './json-schema.ts';

/**
 * A schema that the Kubernetes API server accepts: OpenAPI 3.0 under the rules of structural schemas. Each object keeps unknown
 * fields: if they were pruned, a misspelt `claims` or `middlewares` would vanish and leave a route open.
 */
export interface StructuralSchema {
  type?: 'array' | 'boolean' | 'integer' | 'number' | 'object' | 'string';
  description?: string;
  properties?: Record<string, StructuralSchema>;
  additionalProperties?: StructuralSchema;
  items?: StructuralSchema;
  required?: string[];
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  minItems?: number;
  minProperties?: number;
  maxProperties?: number;
  not?: { required: string[]; properties: Record<string, { not: { enum: unknown[] } }> };
  'x-kubernetes-int-or-string'?: true;
  'x-kubernetes-preserve-unknown-fields'?: true;
  'x-kubernetes-validations'?: { rule: string; message: string }[];
}

/** Additions for the value at a path that zod cannot express in JSON Schema. */
export type OptionRules = Readonly<Record<string, Partial<StructuralSchema>>>;

/** Go's durations and whole seconds, as `parseDurationMs` reads them. */
const durationPattern = String.raw`^([0-9]{1,12}|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`;

/**
 * A JSON Schema without enumerations and minimum lengths, in which only the fields in `required` are required: an API server
 * stores objects that another controller of the same kind accepts, and the gateway reports the fields that it does not serve.
 */
export function toOpen(schema: JsonSchema, required: ReadonlySet<string>): JsonSchema {
  const { anyOf, properties, items, additionalProperties } = schema;
  const open = <T>(one: T): T | JsonSchema => (isSchema(one) ? toOpen(one, required) : one);
  const only = schema.required?.filter((name) => required.has(name)) ?? [];
  return {
    ...pick(schema, 'title', 'description', 'type', 'minimum', 'maximum', 'exclusiveMinimum', 'pattern'),
    ...(schema.const !== undefined && { type: 'string' }),
    ...(anyOf !== undefined && { anyOf: anyOf.map(open) }),
    ...(properties !== undefined && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, open(one)])),
    }),
    ...(isSchema(items) && { items: open(items) }),
    ...(additionalProperties !== undefined && { additionalProperties: open(additionalProperties) }),
    ...(only.length > 0 && { required: only }),
  };
}

/** The structural form of a JSON Schema; `additions` are merged in by path (`store.redis.endpoints[]`). */
export function toStructural(schema: JsonSchema, additions: OptionRules = {}, path = ''): StructuralSchema {
  return {
    ...(schema.description !== undefined && { description: schema.description }),
    ...toShape(schema, additions, path),
    ...additions[path],
  };
}

function toShape(schema: JsonSchema, additions: OptionRules, path: string): StructuralSchema {
  const { type, anyOf, items } = schema;
  if (schema.title === 'duration')
    return { 'x-kubernetes-int-or-string': true, minimum: 0, pattern: durationPattern };
  if (anyOf !== undefined) return toUnion(anyOf.filter(isSchema));
  if (schema.const !== undefined) return { type: 'string', enum: [schema.const] };
  if (type === 'object') return toObject(schema, additions, path);
  if (type === 'array')
    return {
      type,
      ...pick(schema, 'minItems'),
      items: toStructural(isSchema(items) ? items : {}, additions, `${path}[]`),
    };
  if (type === 'integer' || type === 'number') {
    const { exclusiveMinimum } = schema;
    return {
      type,
      ...pick(schema, 'minimum', 'maximum'),
      ...(typeof exclusiveMinimum === 'number' && { minimum: exclusiveMinimum, exclusiveMinimum: true }),
    };
  }
  if (type === 'string') return { type, ...pick(schema, 'enum', 'minLength', 'pattern') };
  if (type === 'boolean') return { type };
  return { 'x-kubernetes-preserve-unknown-fields': true };
}

/** A structural schema allows no other union than this one; limits of a number do not apply to a string. */
function toUnion(kinds: readonly JsonSchema[]): StructuralSchema {
  const [integer] = kinds.filter(({ type }) => type === 'integer');
  return integer !== undefined && kinds.some(({ type }) => type === 'string')
    ? { 'x-kubernetes-int-or-string': true, ...pick(integer, 'minimum', 'maximum') }
    : { 'x-kubernetes-preserve-unknown-fields': true };
}

function toObject(schema: JsonSchema, additions: OptionRules, path: string): StructuralSchema {
  const { properties, additionalProperties, required = [] } = schema;
  const below = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (properties === undefined && isSchema(additionalProperties))
    return {
      type: 'object',
      additionalProperties: toStructural(additionalProperties, additions, below('NAME')),
    };
  return {
    type: 'object',
    ...(required.length > 0 && { required: [...required] }),
    ...(properties !== undefined &&
      Object.keys(properties).length > 0 && {
        properties: Object.fromEntries(
          Object.entries(properties).map(([name, property]) => [
            name,
            toStructural(isSchema(property) ? property : {}, additions, below(name)),
          ]),
        ),
      }),
    'x-kubernetes-preserve-unknown-fields': true,
  };
}

function pick<K extends keyof JsonSchema>(schema: JsonSchema, ...names: readonly K[]): Pick<JsonSchema, K> {
  const entries = names.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]]);
  return Object.fromEntries(entries) as Pick<JsonSchema, K>;
}
