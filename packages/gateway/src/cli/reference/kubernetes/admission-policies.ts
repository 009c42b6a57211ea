import type { JsonSchema } from '../../../config/json-schema.ts';
import { otherIngressRouteNames } from '../../../providers/translate/other-names.ts';
import type { AdmissionRule } from './admission-rules.ts';
import { listRules } from './admission-rules.ts';
import { createSpecSchemas } from './custom-resources.ts';
import { listLocalReferenceRules } from './local-references.ts';

/** Lets an IngressRoute have routes without a middleware, in a cluster whose policy refuses them. */
export const openAnnotation = 'grantgate.dev/open';

/**
 * Admission policies that refuse names that are not in the schemas, in any letter case. The schema of a
 * CustomResourceDefinition cannot do this: it would prune them, and a route could be open without the pruned field. Traefik's
 * own definitions prune before any policy sees the object, so `open-routes` refuses the result: a route without a middleware.
 */
export function createAdmissionPolicies(): Readonly<Record<string, readonly object[]>> {
  const { ingressRoute, options } = createSpecSchemas();
  const propertiesOf = (isPlugin: boolean): Record<string, JsonSchema> =>
    Object.fromEntries(
      [...options].filter(([kind]) => kind.isPlugin === isPlugin).map(([{ name }, schema]) => [name, schema]),
    );
  const [plugins, types] = [propertiesOf(true), propertiesOf(false)];
  const middleware = { properties: { ...types, plugin: { properties: plugins } } };
  const isServed = [
    ...Object.keys(types).map((name) => `has(object.spec.${name})`),
    ...Object.keys(plugins).map((name) => `has(object.spec.plugin) && has(object.spec.plugin.${name})`),
  ].join(' || ');
  return {
    ingressroutes: toPolicy(
      'ingressroutes',
      'ingressroutes',
      'has(object.spec)',
      // The gateway reports the other names: it ignores them, or refuses requests of the route.
      listRules(ingressRoute, otherIngressRouteNames, spec, 'spec'),
    ),
    middlewares: toPolicy(
      'middlewares',
      'middlewares',
      `has(object.spec) && (${isServed})`,
      listRules(middleware, [], spec, 'spec'),
    ),
    'local-references': toPolicy(
      'local-references',
      'middlewares',
      'has(object.spec)',
      listLocalReferenceRules(spec, types, plugins),
    ),
    'open-routes': toPolicy('open-routes', 'ingressroutes', 'has(object.spec)', [openRule()]),
  };
}

/**
 * The type dyn, because rules read fields that a schema need not declare; for `metadata`, the API server declares only the name.
 */
const spec = 'variables.spec';

function openRule(): AdmissionRule {
  const isProtected = 'has(route.middlewares) && size(route.middlewares) > 0';
  const annotations = 'variables.metadata.annotations';
  const isMeant = `has(${annotations}) && '${openAnnotation}' in ${annotations} && ${annotations}['${openAnnotation}'] == 'true'`;
  const advice = `name one under middlewares, or annotate the IngressRoute with ${openAnnotation}: "true"`;
  const open = `${spec}.routes.filter(route, !(${isProtected}))`;
  return {
    expression: `${isMeant} || !has(${spec}.routes) || ${spec}.routes.all(route, ${isProtected})`,
    message: `spec.routes[]: a route has no middleware, so everyone can use it; ${advice}`,
    messageExpression: `'spec.routes[]: no middleware, so everyone can use it: ' + ${open}.map(route, has(route.match) ? string(route.match) : '(no match)').join(', ') + '; ${advice}'`,
  };
}

function toPolicy(
  name: string,
  resource: string,
  condition: string,
  validations: readonly AdmissionRule[],
): readonly object[] {
  const metadata = { name: `grantgate-${name}` };
  return [
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata,
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
        variables: ['spec', 'metadata'].map((name) => ({ name, expression: `dyn(object.${name})` })),
        validations,
      },
    },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  ];
}
