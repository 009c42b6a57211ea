import { z } from 'zod';

const name = z.string().min(1);
const object = { apiVersion: z.string(), kind: z.string(), metadata: z.unknown() };
const others = z.unknown().optional();
const host = z.string().regex(/^(?:\*\.)?[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/, {
  error: 'expected a host name in lower case, or one that begins with `*.`',
});

const backend = z.strictObject({
  service: z
    .strictObject({
      name: name.describe('Name of a Service of the same namespace.'),
      port: z
        .strictObject({
          number: z.int().min(1).max(65_535).optional().describe('Number of a port of the Service.'),
          name: name.optional().describe('Name of a port of the Service.'),
        })
        .refine(({ number, name }) => (number === undefined) !== (name === undefined), {
          error: 'expected either number or name',
        }),
    })
    .describe('The only supported backend.'),
});

/** `networking.k8s.io/v1` `Ingress`; its rules are read one by one, so that a broken one does not affect others. */
export const ingressSchema = z.strictObject({
  ...object,
  spec: z.strictObject({
    ingressClassName: z
      .string()
      .optional()
      .describe(
        'Name of an IngressClass; takes precedence over the annotation `kubernetes.io/ingress.class`. See `ingressClass` of `providers.kubernetesIngress`.',
      ),
    defaultBackend: backend
      .optional()
      .describe(
        'Backend for requests that no other route matches; ignored when there are rules, as in Traefik.',
      ),
    tls: z
      .array(z.strictObject({ hosts: z.array(z.string()).optional(), secretName: z.string().optional() }))
      .default([])
      .describe(
        'Secrets of the same namespace with `tls.crt` and `tls.key`, chosen by SNI; `hosts` are ignored, as in Traefik.',
      ),
    rules: z.array(z.unknown()).default([]).describe('Hosts and paths.'),
  }),
  status: others,
});

/** `spec.rules[]` of an `Ingress`. */
export const ingressRuleSchema = z.strictObject({
  host: host.or(z.literal('')).default('').describe('A host, or `*.` and a domain. Default: every host.'),
  http: z
    .strictObject({ paths: z.array(z.unknown()).describe('At least one.') })
    .optional()
    .describe('Without it, the rule has no routes.'),
});

/** `spec.rules[].http.paths[]` of an `Ingress`. */
export const ingressPathSchema = z.strictObject({
  path: z.string().default('').describe('Default: every path.'),
  pathType: z
    .enum(['Exact', 'Prefix', 'ImplementationSpecific'])
    .default('ImplementationSpecific')
    .describe(
      '`Exact` matches the whole path; `Prefix` its beginning, see `strictPrefixMatching`; `ImplementationSpecific` as the annotation `router.pathmatcher` says, otherwise as `Prefix`.',
    ),
  backend: backend.describe('Backend of the path.'),
});
