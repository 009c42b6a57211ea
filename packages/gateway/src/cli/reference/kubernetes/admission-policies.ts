import type { JsonSchema } from '../../../config/json-schema.ts';
import { ignoredRouterNames, ignoredServiceNames } from '../../../providers/translate/other-names.ts';
import { createSpecSchemas } from './custom-resources.ts';

/** A rule in CEL over `object`, and what is wrong where it is false. */
export interface AdmissionRule {
  readonly expression: string;
  readonly message: string;
}

/**
 * Admission policies that refuse names which the schemas do not know, in whatever letter case they may stand. A schema of a
 * CustomResourceDefinition cannot: it would prune them, and a route may be open without what was pruned.
 */
export function createAdmissionPolicies(): Readonly<Record<string, readonly object[]>> {
  const { ingressRoute, options, chain } = createSpecSchemas();
  const middleware = {
    properties: { chain, plugin: { properties: { oAuthClientCredentials: options } } },
  };
  const plugin = 'has(object.spec.plugin) && has(object.spec.plugin.oAuthClientCredentials)';
  // With a warning; a manifest that is served is not refused here.
  const ignored = Object.keys({ ...ignoredRouterNames, ...ignoredServiceNames });
  return {
    ingressroutes: toPolicy('ingressroutes', 'has(object.spec)', listRules(ingressRoute, ignored)),
    middlewares: toPolicy(
      'middlewares',
      `has(object.spec) && (has(object.spec.chain) || ${plugin})`,
      listRules(middleware, []),
    ),
  };
}

function toPolicy(resource: string, condition: string, validations: readonly AdmissionRule[]) {
  const name = `grantgate-${resource}`;
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ['traefik.io'],
              apiVersions: ['v1alpha1'],
              operations: ['CREATE', 'UPDATE'],
              resources: [resource],
            },
          ],
        },
        matchConditions: [{ name: 'read-by-grantgate', expression: condition }],
        validations,
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}

/** Where a schema stands, and how a rule gets there. */
interface Where {
  /** In CEL. */
  readonly at: string;
  /** For people. */
  readonly path: string;
  /** Wraps the test of a value into the steps that lead to it. */
  readonly within: (test: string) => string;
}

const top: Where = { at: 'object.spec', path: 'spec', within: (test) => test };

/** One rule for each object with known names, here or below; `ignored` names are let through everywhere. */
function listRules(
  { properties = {}, items, additionalProperties, anyOf }: JsonSchema,
  ignored: readonly string[],
  { at, path, within }: Where = top,
): readonly AdmissionRule[] {
  const rules: AdmissionRule[] = [];
  if (additionalProperties === false) {
    const names = Object.keys(properties);
    const passed = [...names, ...ignored].map((name) => `'${name.toLowerCase()}'`).join(', ');
    rules.push({
      expression: within(`${at}.all(name, name.lowerAscii() in [${passed}])`),
      message: `${path}: unknown field; ${names.length === 0 ? 'none is known' : `known are ${names.join(', ')}`}`,
    });
  }
  for (const [name, property] of Object.entries(properties)) {
    if (typeof property === 'boolean') continue;
    const below = `${at}.${name}`;
    const reach = (test: string): string => within(`!has(${below}) || ${group(test)}`);
    rules.push(...listRules(property, ignored, { at: below, path: `${path}.${name}`, within: reach }));
  }
  if (isSchema(items)) {
    const item = `item${path.split('[]').length - 1}`;
    const reach = (test: string): string => within(`${at}.all(${item}, ${test})`);
    rules.push(...listRules(items, ignored, { at: item, path: `${path}[]`, within: reach }));
  }
  if (anyOf?.some((kind) => isSchema(kind) && kind.type === 'boolean') === true)
    rules.push({
      expression: within(`type(${at}) == bool || size(${at}) == 0`),
      message: `${path}: expected {} or a boolean`,
    });
  return rules;
}

/** `||` binds weaker than the steps around it. */
const group = (test: string): string => (test.includes(' || ') ? `(${test})` : test);

function isSchema(schema: unknown): schema is JsonSchema {
  return typeof schema === 'object' && schema !== null && !Array.isArray(schema);
}
