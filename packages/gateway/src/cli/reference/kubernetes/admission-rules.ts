import type { JsonSchema } from '../../../config/json-schema.ts';
import { isSchema } from '../../../config/json-schema.ts';

/** A rule in CEL, and a message for objects that violate it; the expression of the message lists the wrong fields. */
export interface AdmissionRule {
  readonly expression: string;
  readonly message: string;
  readonly messageExpression?: string;
}

/** Path of a schema, and the expressions that lead to it. */
interface SchemaLocation {
  /** In CEL. */
  readonly at: string;
  /** In words. */
  readonly path: string;
  /** Wraps a test of a value in the steps that lead to it; true if a step has another type. */
  readonly within: (test: string) => string;
  /** Likewise for a text about a value; empty if a step has another type. */
  readonly collect: (text: string) => string;
}

/**
 * One rule for each object with known names, at `at` or below, and for each option that is a boolean or an object; `ignored`
 * names are accepted everywhere. `at` is an expression of the type dyn: an API server with the schema would reject
 * comprehensions over an object, and fields that Traefik's schema does not declare.
 */
export function listRules(
  schema: JsonSchema,
  ignored: readonly string[],
  at: string,
  path: string,
): readonly AdmissionRule[] {
  return walk(schema, ignored, { at, path, within: (test) => test, collect: (text) => text });
}

function walk(
  { properties = {}, items, additionalProperties, anyOf }: JsonSchema,
  ignored: readonly string[],
  where: SchemaLocation,
): readonly AdmissionRule[] {
  const rules: AdmissionRule[] = [];
  if (additionalProperties === false) rules.push(toNamesRule(Object.keys(properties), ignored, where));
  for (const [name, property] of Object.entries(properties))
    if (typeof property !== 'boolean') rules.push(...walk(property, ignored, toField(where, name)));
  if (isSchema(items)) rules.push(...walk(items, ignored, toItem(where)));
  if (anyOf?.some((kind) => isSchema(kind) && kind.type === 'boolean') === true)
    rules.push(toSwitchRule(where));
  return rules;
}

function toNamesRule(
  names: readonly string[],
  ignored: readonly string[],
  { at, path, within, collect }: SchemaLocation,
): AdmissionRule {
  const passed = `[${[...names, ...ignored].map((name) => `'${name.toLowerCase()}'`).join(', ')}]`;
  const known = names.length === 0 ? 'no field is known' : `known fields: ${names.join(', ')}`;
  const unknown = `${at}.filter(name, !(name.lowerAscii() in ${passed})).join(', ')`;
  return {
    expression: within(`type(${at}) == map && ${at}.all(name, name.lowerAscii() in ${passed})`),
    message: `${path}: unknown field; ${known}`,
    messageExpression: `'${path}: unknown field ' + ${collect(`(type(${at}) == map ? ${unknown} : '(expected an object)')`)} + '; ${known}'`,
  };
}

const toSwitchRule = ({ at, path, within }: SchemaLocation): AdmissionRule => ({
  expression: within(`type(${at}) == bool || type(${at}) == map && size(${at}) == 0`),
  message: `${path}: expected {} or a boolean`,
});

function toField({ at, path, within, collect }: SchemaLocation, name: string): SchemaLocation {
  const isThere = `type(${at}) == map && has(${at}.${name})`;
  return {
    at: `${at}.${name}`,
    path: `${path}.${name}`,
    within: (test) => within(`!(${isThere}) || (${test})`),
    collect: (text) => collect(`(${isThere} ? ${text} : '')`),
  };
}

function toItem({ at, path, within, collect }: SchemaLocation): SchemaLocation {
  const item = `item${path.split('[]').length - 1}`;
  return {
    at: item,
    path: `${path}[]`,
    within: (test) => within(`type(${at}) != list || ${at}.all(${item}, ${test})`),
    collect: (text) =>
      collect(`(type(${at}) == list ? ${at}.map(${item}, ${text}).filter(part, part != '').join(', ') : '')`),
  };
}
