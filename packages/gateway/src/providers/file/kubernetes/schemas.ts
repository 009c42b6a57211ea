import { z } from 'zod';
import { healthCheckSchema, stickySchema } from '../../service-schema.ts';

const name = z.string().min(1);
const text = z.record(z.string(), z.string());
const port = z.union([z.int().min(0).max(65_535), z.string()], {
  error: 'expected the number or the name of a port',
});
const others = z.unknown().optional();

/** What every object has; more of it is the cluster's own. */
export const metadataSchema = z.looseObject({
  name: name.regex(/^[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/, {
    error: 'expected a name of lower-case letters, digits, - and .',
  }),
  namespace: name.default('default'),
  labels: text.default({}),
});

const object = { apiVersion: z.string(), kind: z.string(), metadata: z.unknown() };
const tls = z.strictObject({});
const reference = z.strictObject({ name, namespace: name.optional() });

/** `traefik.io/v1alpha1` `IngressRoute`; its routes are read one by one, so that a broken one stays alone. */
export const ingressRouteSchema = z.strictObject({
  ...object,
  spec: z.strictObject({
    entryPoints: z.array(name).default([]),
    routes: z.array(z.unknown()).min(1),
    tls: tls.optional(),
  }),
  status: others,
});

/** `spec.routes[]` of an `IngressRoute`. */
export const routeSchema = z.strictObject({
  kind: z.literal('Rule').default('Rule'),
  match: z.string().min(1),
  priority: z.int().optional(),
  syntax: z.literal('v3', { error: 'expected v3, the only syntax of rules here' }).optional(),
  services: z
    .array(
      z.strictObject({
        kind: z
          .literal('Service', { error: 'expected Service: no other kind is supported by this version' })
          .default('Service'),
        name,
        namespace: name.optional(),
        port: port.optional(),
        scheme: z
          .enum(['http', 'https'], {
            error: 'expected http or https: no other scheme is supported by this version',
          })
          .optional(),
        weight: z.int().min(0).max(1_000_000).default(1),
        passHostHeader: z.boolean().default(true),
        sticky: stickySchema.optional(),
        healthCheck: healthCheckSchema.optional(),
      }),
    )
    .min(1),
  middlewares: z.array(reference).default([]),
});

/** `traefik.io/v1alpha1` `Middleware`. */
export const middlewareSchema = z.strictObject({
  ...object,
  spec: z.record(z.string(), z.unknown()),
  status: others,
});

/** `spec.chain` of a `Middleware`. */
export const chainSchema = z.strictObject({ middlewares: z.array(reference).min(1) });

/** Read one by one, so that a broken value stays alone. */
const values = z.record(z.string(), z.unknown());

/** `v1` `Secret` */
export const secretSchema = z.strictObject({
  ...object,
  type: z.string().optional(),
  immutable: z.boolean().optional(),
  stringData: values.default({}),
  data: values.default({}),
});

/** `v1` `Service` */
export const serviceSchema = z.strictObject({
  ...object,
  spec: z
    .looseObject({
      type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']).default('ClusterIP'),
      externalName: name.optional(),
      ports: z
        .array(z.looseObject({ name: z.string().default(''), port: z.int().min(1).max(65_535) }))
        .default([]),
    })
    .prefault({}),
  status: others,
});

/** `discovery.k8s.io/v1` `EndpointSlice` */
export const endpointSliceSchema = z.strictObject({
  ...object,
  addressType: z.enum(['IPv4', 'IPv6', 'FQDN']),
  endpoints: z
    .array(
      z.looseObject({
        addresses: z.array(name).default([]),
        conditions: z.looseObject({ ready: z.boolean().default(true) }).prefault({}),
      }),
    )
    .default([]),
  ports: z
    .array(z.looseObject({ name: z.string().default(''), port: z.int().min(1).max(65_535).optional() }))
    .default([]),
});
