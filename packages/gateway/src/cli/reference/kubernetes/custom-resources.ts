import { clientCredentialsSchema } from '@grantgate/middleware/options/schema';
import type { JsonSchema } from '../../../config/json-schema.ts';
import { toJsonSchema } from '../../../config/json-schema.ts';
import {
  chainSchema,
  ingressRouteSchema,
  routeSchema,
} from '../../../providers/translate/kubernetes/schemas.ts';
import { definitionAnnotation } from '../../../providers/kubernetes/inspect.ts';
import { optionRules } from './option-rules.ts';
import type { StructuralSchema } from './structural-schema.ts';
import { toOpen, toStructural } from './structural-schema.ts';

/** A CustomResourceDefinition, as far as this project fills one in. */
export interface CustomResourceDefinition {
  readonly apiVersion: 'apiextensions.k8s.io/v1';
  readonly kind: 'CustomResourceDefinition';
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly group: string;
    readonly scope: 'Namespaced';
    readonly names: Readonly<Record<'kind' | 'listKind' | 'plural' | 'singular', string>>;
    readonly versions: readonly [
      {
        readonly name: string;
        readonly served: true;
        readonly storage: true;
        readonly schema: { readonly openAPIV3Schema: StructuralSchema };
      },
    ];
  };
}

const jsonSchemas = {
  ingressRoute: toJsonSchema(ingressRouteSchema, { title: '', description: '' }),
  route: toJsonSchema(routeSchema, { title: '', description: 'Routes; a broken one refuses, alone.' }),
  chain: toJsonSchema(chainSchema, { title: '', description: 'Several middlewares under one name.' }),
  options: toJsonSchema(clientCredentialsSchema, {
    title: '',
    description: 'OAuth 2.0 client credentials (RFC 6749 section 4.4).',
  }),
};

/** What `spec` of an `IngressRoute` and of a `Middleware` look like, in JSON Schema: the readers take their parts one by one. */
export function createSpecSchemas(): Readonly<Record<'ingressRoute' | 'options' | 'chain', JsonSchema>> {
  const spec = jsonSchemas.ingressRoute.properties?.['spec'];
  if (typeof spec !== 'object') throw new TypeError('an IngressRoute has no spec');
  const routes = spec.properties?.['routes'];
  return {
    ingressRoute: {
      ...spec,
      properties: {
        ...spec.properties,
        routes: { ...(typeof routes === 'object' && routes), items: jsonSchemas.route },
      },
    },
    options: jsonSchemas.options,
    chain: jsonSchemas.chain,
  };
}

/** What Traefik's own definition of an IngressRoute demands. */
const requiredByTraefik: ReadonlySet<string> = new Set(['routes', 'match', 'name']);

/** The definitions of the two kinds of `traefik.io/v1alpha1` that are read, for clusters without Traefik. */
export function createCustomResources(): Readonly<Record<string, CustomResourceDefinition>> {
  const { ingressRoute, options, chain } = createSpecSchemas();
  return {
    ingressroutes: define('IngressRoute', 'ingressroute', {
      ...toStructural(toOpen(ingressRoute, requiredByTraefik)),
      description: 'Routes of HTTP requests.',
    }),
    // Other types of middleware are kept as they are: a cluster may have Traefik's, which refuse here.
    middlewares: define('Middleware', 'middleware', {
      description: 'A middleware: of one type.',
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      properties: {
        plugin: {
          description: 'The middleware of this gateway, under its name in Traefik Hub.',
          type: 'object',
          minProperties: 1,
          maxProperties: 1,
          properties: { oAuthClientCredentials: toStructural(options, optionRules) },
          'x-kubernetes-preserve-unknown-fields': true,
        },
        chain: toStructural(chain),
      },
      'x-kubernetes-preserve-unknown-fields': true,
    }),
  };
}

function define(kind: string, singular: string, spec: StructuralSchema): CustomResourceDefinition {
  const group = 'traefik.io';
  const plural = `${singular}s`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, annotations: { [definitionAnnotation]: 'true' } },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [
        {
          name: 'v1alpha1',
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: 'object',
              required: ['spec'],
              properties: {
                apiVersion: { type: 'string' },
                kind: { type: 'string' },
                metadata: { type: 'object' },
                spec,
              },
            },
          },
        },
      ],
    },
  };
}
