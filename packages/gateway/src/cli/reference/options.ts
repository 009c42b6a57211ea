import type { JsonSchema } from '../../config/json-schema.ts';
import { isSchema } from '../../config/json-schema.ts';

/** One option, for the reference. */
export interface Option {
  /** `entryPoints.NAME.address`, `servers[].url` */
  readonly path: string;
  readonly type: string;
  /** Undefined: none. */
  readonly default: string | undefined;
  readonly required: boolean;
  readonly meaning: string;
}

/** The options below a path, each before its own options. */
export function listOptions(schema: JsonSchema, path = ''): readonly Option[] {
  const { properties = {}, required = [], items, additionalProperties, anyOf } = schema;
  const options: Option[] = [];
  for (const [name, property] of Object.entries(properties)) {
    if (typeof property === 'boolean') continue;
    const at = path === '' ? name : `${path}.${name}`;
    options.push({
      path: at,
      type: toType(property),
      default: toDefault(property),
      required: required.includes(name) && property.default === undefined,
      meaning: toMeaning(property),
    });
    options.push(...listOptions(property, at));
  }
  if (isSchema(items)) options.push(...listOptions(items, `${path}[]`));
  if (isSchema(additionalProperties)) options.push(...listOptions(additionalProperties, `${path}.NAME`));
  // A value needs to match only one kind, so no option of a kind is required.
  for (const kind of anyOf ?? [])
    if (isSchema(kind)) options.push(...listOptions({ ...kind, required: [] }, path));
  return options;
}

function toType(schema: JsonSchema): string {
  const { type, title, anyOf, items, additionalProperties } = schema;
  if (title === 'duration') return 'duration';
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(', ');
  if (anyOf !== undefined) return [...new Set(anyOf.map((kind) => toType(kind)))].join(' or ');
  if (type === 'array')
    return isSchema(items) && Object.keys(items).length > 0 ? `list of ${toPlural(toType(items))}` : 'list';
  if (type === 'object') {
    if (!isSchema(additionalProperties) || schema.properties !== undefined) return 'object';
    return Object.keys(additionalProperties).length === 0
      ? 'values by name'
      : `${toPlural(toType(additionalProperties))} by name`;
  }
  if (type === 'integer' || type === 'number') return toNumber(schema);
  return type === 'string' || type === 'boolean' ? type : 'any';
}

function toNumber({ type, minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const least = exclusiveMinimum === undefined ? minimum : `above ${exclusiveMinimum}`;
  if (least === undefined) return String(type);
  return maximum === undefined
    ? `${String(type)}, ${least} or more`
    : `${String(type)}, ${least} to ${maximum}`;
}

const toPlural = (type: string): string => (/^[a-z]+$/.test(type) ? `${type}s` : type);

/** Defaults of objects and lists of objects are not worth showing. */
function toDefault({ default: value, type }: JsonSchema): string | undefined {
  if (value === undefined || (type === 'object' && JSON.stringify(value) === '{}')) return undefined;
  return code(value);
}

function toMeaning(schema: JsonSchema): string {
  const { description = '', items, additionalProperties } = schema;
  const isSecret = [schema, items, additionalProperties].some(
    (one) => isSchema(one) && one.title === 'secret',
  );
  return isSecret ? `${description} **Secret**: never shown in any output.` : description;
}

const code = (value: unknown): string =>
  `\`${typeof value === 'string' && value !== '' ? value : JSON.stringify(value)}\``;

/** A Markdown table. */
export function formatOptions(options: readonly Option[]): string {
  const rows = options.map(
    ({ path, type, default: usual, required, meaning }) =>
      `| \`${path}\` | ${type} | ${required ? '**required**' : (usual ?? '')} | ${meaning} |\n`,
  );
  return `| option | type | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('').replaceAll('||', '\\|\\|')}`;
}
