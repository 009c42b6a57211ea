import type { JsonSchema } from '../../../config/json-schema.ts';
import { isSchema } from '../../../config/json-schema.ts';
import type { AdmissionRule } from './admission-rules.ts';

/**
 * Rules that refuse references to the gateway's own environment and files: a string that starts with `urn:env:` or
 * `urn:file:`, anywhere in the options of a middleware, and a file of assertions. Like the gateway, the rules match option
 * names in any letter case.
 * @param spec an expression of the type dyn.
 * @param types name to schema of the options.
 * @param plugins the same for options below `plugin`.
 */
export function listLocalReferenceRules(
  spec: string,
  types: Readonly<Record<string, JsonSchema>>,
  plugins: Readonly<Record<string, JsonSchema>>,
): readonly AdmissionRule[] {
  const ofTypes = inMaps(spec, [namesOf(types)], '', collectTexts(types));
  const ofPlugins = inMaps(spec, [['plugin'], namesOf(plugins)], '', collectTexts(plugins));
  const file = [['plugin'], namesOf(plugins), ['clientconfig'], ['assertion'], ['file']];
  return [
    toRule(
      join(`[${ofTypes}, ${ofPlugins}]`),
      "urn:env: and urn:file: refer to the gateway's own environment and files; use urn:k8s:secret:NAME:KEY",
    ),
    toRule(
      inMaps(spec, file, '', (_file, path) => path),
      "a file of the gateway's own; use clientConfig.assertion.key",
    ),
  ];
}

const namesOf = (schemas: Readonly<Record<string, JsonSchema>>): string[] =>
  Object.keys(schemas).map((name) => name.toLowerCase());

/** @param found an expression of a text that lists the wrong values; empty when there is none. */
const toRule = (found: string, advice: string): AdmissionRule => ({
  expression: `${found} == ''`,
  message: `spec: ${advice}`,
  messageExpression: `'spec' + ${found} + ': ${advice.replaceAll("'", String.raw`\'`)}'`,
});

/** An expression of the results of `collect` for each value below names of one list after the other. */
function inMaps(
  at: string,
  [names, ...deeper]: readonly (readonly string[])[],
  path: string,
  collect: (at: string, path: string) => string,
): string {
  if (names === undefined) return collect(at, path);
  const key = `key${path.split('+').length}`;
  const isNamed = `${key}.lowerAscii() in [${names.map((name) => `'${name}'`).join(', ')}]`;
  const below = inMaps(`${at}[${key}]`, deeper, `${path === '' ? '' : `${path} + `}'.' + ${key}`, collect);
  return `(type(${at}) == map ? ${join(`${at}.map(${key}, ${isNamed} ? ${below} : '')`)} : '')`;
}

/** The expression of the paths of all local references at or below options, including lists. */
function collectTexts(schemas: Readonly<Record<string, JsonSchema>>): (at: string, path: string) => string {
  const collect = (at: string, path: string, depth: number): string => {
    const inList = `(type(${at}) == list && ${at}.exists(item, ${isLocal('item')}) ? ${path} : '')`;
    if (depth === 0) return `(${isLocal(at)} ? ${path} : ${inList})`;
    const key = `name${depth}`;
    const below = join(`${at}.map(${key}, ${collect(`${at}[${key}]`, `${path} + '.' + ${key}`, depth - 1)})`);
    return `(${isLocal(at)} ? ${path} : (type(${at}) == map ? ${below} : ${inList}))`;
  };
  const depth = Math.max(...Object.values(schemas).map(depthOf));
  return (at, path) => collect(at, path, depth);
}

const isLocal = (text: string): string =>
  `type(${text}) == string && ${text}.lowerAscii().matches('^urn:(env|file):')`;

const join = (texts: string): string => `${texts}.filter(part, part != '').join(', ')`;

/** Names that lead to the deepest option. */
function depthOf({ properties = {}, additionalProperties, items, anyOf = [] }: JsonSchema): number {
  const below = [
    ...Object.values(properties).filter(isSchema),
    ...(isSchema(additionalProperties) ? [additionalProperties] : []),
  ].map((schema) => 1 + depthOf(schema));
  const beside = [items, ...anyOf].filter(isSchema).map(depthOf);
  return Math.max(0, ...below, ...beside);
}
