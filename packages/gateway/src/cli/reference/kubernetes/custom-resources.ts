import type { z } from 'zod';
import type { JsonSchema } from '../../../config/json-schema.ts';
import { toJsonSchema } from '../../../config/json-schema.ts';
import {
  ingressRouteSchema,
  kubernetesNames,
  routeSchema,
  traefikServiceSchema,
} from '../../../providers/translate/kubernetes/schemas.ts';
import {
  serversTransportObjectSchema,
  tlsOptionSchema,
  tlsStoreSchema,
} from '../../../providers/translate/kubernetes/tls-schemas.ts';
import { definitionAnnotation } from '../../../providers/kubernetes/inspect.ts';
import { kinds } from '../../../middlewares/kinds.ts';
import type { MiddlewareKind } from '../../../middlewares/kind.ts';
import type { StructuralSchema } from '../../../config/structural-schema.ts';
import { toOpen, toStructural } from '../../../config/structural-schema.ts';

/** The part of a CustomResourceDefinition that this project sets. */
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
  route: toJsonSchema(routeSchema, {
    title: '',
    description: 'Routes. An invalid route refuses requests; the others serve.',
  }),
};

/** Schemas of `spec` of an `IngressRoute` and of each kind of middleware; readers validate their parts separately. */
export function createSpecSchemas(): {
  readonly ingressRoute: JsonSchema;
  readonly options: ReadonlyMap<MiddlewareKind, JsonSchema>;
} {
  const spec = jsonSchemas.ingressRoute.properties?.['spec'];
  if (typeof spec !== 'object') throw new TypeError('an IngressRoute requires spec');
  const routes = spec.properties?.['routes'];
  return {
    ingressRoute: {
      ...spec,
      properties: {
        ...spec.properties,
        routes: { ...(typeof routes === 'object' && routes), items: jsonSchemas.route },
      },
    },
    options: new Map(
      kinds.map((kind) => [
        kind,
        toJsonSchema(kind.schema(kubernetesNames), { title: '', description: kind.description }),
      ]),
    ),
  };
}

/** Fields that Traefik's own definition of an IngressRoute requires. */
const requiredByTraefik: ReadonlySet<string> = new Set(['routes', 'match', 'name']);

/** `spec` of a kind whose reader parses it as a whole. */
function toSpec(schema: z.ZodObject, description: string): StructuralSchema {
  const spec = toJsonSchema(schema, { title: '', description: '' }).properties?.['spec'];
  if (typeof spec !== 'object') throw new TypeError('expected spec');
  return { ...toStructural(toOpen(spec, requiredByTraefik)), description };
}

/** Definitions of the kinds of `traefik.io/v1alpha1` that the gateway reads, for clusters without Traefik. */
export function createCustomResources(): Readonly<Record<string, CustomResourceDefinition>> {
  const { ingressRoute, options } = createSpecSchemas();
  const toProperties = (isPlugin: boolean): Record<string, StructuralSchema> =>
    Object.fromEntries(
      Array.from(options, ([kind, schema]) => [kind, schema] as const)
        .filter(([kind]) => kind.isPlugin === isPlugin)
        .map(([kind, schema]) => [kind.name, toStructural(schema, kind.rules)]),
    );
  return {
    ingressroutes: define('IngressRoute', 'ingressroute', {
      ...toStructural(toOpen(ingressRoute, requiredByTraefik)),
      description: 'Routes of HTTP requests.',
    }),
    // Other types of middleware are kept: a cluster may have those of Traefik, which make routes refuse here.
    middlewares: define('Middleware', 'middleware', {
      description: 'A middleware of one type.',
      type: 'object',
      minProperties: 1,
      maxProperties: 1,
      properties: {
        plugin: {
          description: 'Middlewares that Traefik Hub configures under plugin.',
          type: 'object',
          minProperties: 1,
          maxProperties: 1,
          properties: toProperties(true),
          'x-kubernetes-preserve-unknown-fields': true,
        },
        ...toProperties(false),
      },
      'x-kubernetes-preserve-unknown-fields': true,
    }),
    tlsoptions: define('TLSOption', 'tlsoption', toSpec(tlsOptionSchema, 'TLS of connections of callers.')),
    tlsstores: define(
      'TLSStore',
      'tlsstore',
      toSpec(tlsStoreSchema, 'Certificates for connections of callers.'),
    ),
    serverstransports: define(
      'ServersTransport',
      'serverstransport',
      toSpec(serversTransportObjectSchema, 'Connections to servers.'),
    ),
    traefikservices: define(
      'TraefikService',
      'traefikservice',
      toSpec(traefikServiceSchema, 'A service that spreads requests over others.'),
    ),
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
