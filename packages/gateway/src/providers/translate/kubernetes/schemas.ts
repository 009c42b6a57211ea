import { z } from 'zod';
import type { NameSchemas } from '../../../middlewares/kind.ts';
import {
  describedStrategies,
  healthCheckSchema,
  passiveHealthCheckSchema,
  stickySchema,
  strategies,
} from '../service-schema.ts';
import { routeTlsSchema } from './tls-schemas.ts';

const name = z.string().min(1);
const text = z.record(z.string(), z.string());
const port = z.union([z.int().min(0).max(65_535), z.string()], {
  error: 'expected the number or the name of a port',
});
const others = z.unknown().optional();

/** Fields that every object has; unknown ones are left to the cluster. */
export const metadataSchema = z.looseObject({
  name: name
    .regex(/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/, {
      error: 'expected a name of lower-case letters, digits, - and .',
    })
    .describe('Name of the object.'),
  namespace: name
    .default('default')
    .describe('Namespace of the object; references stay within it, as in Traefik.'),
  labels: text.default({}).describe('An EndpointSlice names its Service in `kubernetes.io/service-name`.'),
  annotations: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('An Ingress and its Services have options in `traefik.ingress.kubernetes.io/…`.'),
});

const object = { apiVersion: z.string(), kind: z.string(), metadata: z.unknown() };
const reference = z.strictObject({
  name: name.describe('Name of a Middleware.'),
  namespace: name.optional().describe('Namespace; if present, it must be that of the object itself.'),
});

/** `traefik.io/v1alpha1` `IngressRoute`; its routes are parsed separately, so that a broken one does not affect others. */
export const ingressRouteSchema = z.strictObject({
  ...object,
  spec: z.strictObject({
    ingressClassName: z
      .string()
      .optional()
      .describe(
        'Compared with `ingressClass` of `providers.kubernetesCRD`; takes precedence over the annotation `kubernetes.io/ingress.class`. Ignored in files.',
      ),
    entryPoints: z.array(name).default([]).describe('Default: every entry point but `admin`.'),
    routes: z.array(z.unknown()).min(1).describe('At least one.'),
    tls: routeTlsSchema.optional().describe('The routes serve TLS connections only.'),
  }),
  status: others,
});

/** A Service that is the target of a route or a middleware. */
export const memberSchema = z.strictObject({
  kind: z
    .enum(['Service', 'TraefikService'], { error: 'expected Service or TraefikService' })
    .default('Service')
    .describe('`Service`, or `TraefikService` for one that spreads requests over others.'),
  name: name.describe('Name of a Service or TraefikService.'),
  namespace: name.optional().describe('Namespace; if present, it must be that of the object itself.'),
  port: port
    .optional()
    .describe('Number or name of a port of the Service; optional if the Service has exactly one.'),
  scheme: z
    .enum(['http', 'https', 'h2c'], { error: 'expected http, https or h2c' })
    .optional()
    .describe(
      'Default: `https` for port 443 and for ports whose name starts with `https`, otherwise `http`. `h2c`: HTTP/2 without TLS.',
    ),
  weight: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(1)
    .describe('Share of requests, relative to the weights of all services; 0: none.'),
  passHostHeader: z
    .boolean()
    .default(true)
    .describe("Forwards the caller's `Host`; otherwise the server receives its own host."),
  sticky: stickySchema.optional().describe('Keeps a caller on one server with a cookie.'),
  healthCheck: healthCheckSchema
    .optional()
    .describe('Checks servers periodically; those that do not respond get no requests.'),
  passiveHealthCheck: passiveHealthCheckSchema
    .optional()
    .describe('Sends no requests to a server that fails, for a while.'),
  strategy: z
    .enum([...strategies, 'RoundRobin'])
    .default('wrr')
    .describe(`${describedStrategies} \`RoundRobin\`: former name of \`wrr\`.`),
  nativeLB: z
    .boolean()
    .default(false)
    .describe(
      'Sends requests to the `clusterIP` of the Service, or its cluster DNS name, not to its endpoints.',
    ),
  serversTransport: name
    .optional()
    .describe(
      'Name of a ServersTransport of the namespace of the Service, or `NAME@file`, for connections to servers.',
    ),
});

/** Parsed like any other member of a service. */
const failoverMember = z.looseObject({});

/** `traefik.io/v1alpha1` `TraefikService` */
export const traefikServiceSchema = z.strictObject({
  ...object,
  spec: z.strictObject({
    weighted: z
      .strictObject({
        services: z.array(z.unknown()).min(1).describe('Services and TraefikServices, by weight.'),
        sticky: stickySchema.optional().describe('Keeps a caller on one of them with a cookie.'),
      })
      .optional()
      .describe(
        'Distributes requests over services, in turn. A TraefikService has exactly one of these options.',
      ),
    highestRandomWeight: z
      .strictObject({
        services: z.array(z.unknown()).min(1).describe('Services and TraefikServices, by weight.'),
      })
      .optional()
      .describe('Distributes requests over services by the address of the peer.'),
    failover: z
      .strictObject({
        service: failoverMember.describe('Service that usually gets the requests.'),
        fallback: failoverMember.describe('Service that gets them while that one has no healthy server.'),
        errors: z
          .strictObject({})
          .optional()
          .describe('Must be empty: a status does not lead to the fallback.'),
      })
      .optional()
      .describe('Sends requests to another service while one has no healthy server.'),
  }),
  status: others,
});

/** `spec.routes[]` of an `IngressRoute`. */
export const routeSchema = z.strictObject({
  kind: z.literal('Rule').default('Rule').describe('The only supported kind.'),
  match: z.string().min(1).describe("A rule in Traefik v3's language."),
  priority: z.int().optional().describe('Default, and 0: the length of the rule.'),
  syntax: z
    .enum(['v3', 'default'], { error: 'expected v3, the only supported syntax of rules' })
    .optional()
    .describe("Traefik v3's syntax of rules."),
  services: z.array(memberSchema).min(1).describe('At least one.'),
  middlewares: z.array(reference).default([]).describe('Outermost first.'),
});

/** `traefik.io/v1alpha1` `Middleware`. */
export const middlewareSchema = z.strictObject({
  ...object,
  spec: z.record(z.string(), z.unknown()),
  status: others,
});

/** Refers to another object by name and namespace. */
export const kubernetesNames: NameSchemas = Object.freeze({
  middleware: reference,
  service: memberSchema,
});

/** Parsed separately, so that a broken value does not affect others. */
const values = z.record(z.string(), z.unknown());

/** `v1` `Secret` */
export const secretSchema = z.strictObject({
  ...object,
  type: z.string().optional().describe('Ignored.'),
  immutable: z.boolean().optional().describe('Ignored.'),
  stringData: values
    .default({})
    .meta({ title: 'secret' })
    .describe('Values by key. Takes precedence over `data`.'),
  data: values.default({}).meta({ title: 'secret' }).describe('Base64 values by key.'),
});

/** `v1` `ConfigMap`; one that nothing refers to may have any content. */
export const configMapSchema = z.looseObject({ ...object, data: values.default({}) });

/** `v1` `Service` */
export const serviceSchema = z.strictObject({
  ...object,
  spec: z
    .looseObject({
      type: z
        .enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'])
        .default('ClusterIP')
        .describe(
          '`ExternalName` uses `externalName`; other types use the EndpointSlices of the Service, or without them its cluster DNS name.',
        ),
      clusterIP: z.string().optional().describe('Address of the Service itself, used with `nativeLB`.'),
      externalName: name.optional().describe('Host name of an `ExternalName`.'),
      ports: z
        .array(
          z.looseObject({
            name: z.string().default('').describe('Name of the port.'),
            port: z.int().min(1).max(65_535).describe('Port number.'),
            appProtocol: z
              .string()
              .optional()
              .describe(
                'Protocol of the port for an HTTPRoute: `http`, `https`, `kubernetes.io/h2c`, `kubernetes.io/ws` or `kubernetes.io/wss`.',
              ),
          }),
        )
        .default([])
        .describe('Ports to which an IngressRoute can refer.'),
    })
    .prefault({}),
  status: others,
});

/** `discovery.k8s.io/v1` `EndpointSlice` */
export const endpointSliceSchema = z.strictObject({
  ...object,
  addressType: z.enum(['IPv4', 'IPv6', 'FQDN']).describe('Type of the addresses.'),
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(name).default([]).describe('IP addresses or host names.'),
        conditions: z
          .looseObject({
            ready: z.boolean().default(true).describe('Ready endpoints get requests.'),
            serving: z
              .boolean()
              .default(false)
              .describe('Endpoints that serve while they terminate get requests when no endpoint is ready.'),
          })
          .prefault({})
          .describe('State of the endpoint.'),
      }),
    )
    .default([])
    .describe('Endpoints of the Service.'),
  ports: z
    .array(
      z.looseObject({
        name: z.string().default('').describe('Name of a port of the Service.'),
        port: z.int().min(1).max(65_535).optional().describe('Port on which the endpoints listen.'),
      }),
    )
    .default([])
    .describe('Ports of all endpoints.'),
});
