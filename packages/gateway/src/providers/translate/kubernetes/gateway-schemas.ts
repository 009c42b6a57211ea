import { z } from 'zod';

const name = z.string().min(1);
const object = { apiVersion: z.string(), kind: z.string(), metadata: z.unknown() };
const others = z.unknown().optional();
const hostname = z.string().regex(/^(?:\*\.)?[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?$/, {
  error: 'expected a host name in lower case, or one that begins with `*.`',
});
const port = z.int().min(1).max(65_535);
const labelSelector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(
      z.strictObject({
        key: name,
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

/** `gateway.networking.k8s.io/v1` `GatewayClass` */
export const gatewayClassSchema = z.strictObject({
  ...object,
  spec: z.looseObject({
    controllerName: name.describe('`grantgate.dev/gateway-controller` or `traefik.io/gateway-controller`.'),
  }),
  status: others,
});

/** `spec.listeners[]` of a `Gateway`; unsupported names of Gateway API are ignored. */
export const listenerSchema = z.looseObject({
  name: name.describe('Name, for `sectionName` of an HTTPRoute.'),
  hostname: hostname.optional().describe('Requests for these hosts. Default: all.'),
  port: port.describe('Port of an entry point.'),
  protocol: name.describe('`HTTP`, or `HTTPS` for an entry point with TLS; others are not served.'),
  tls: z
    .strictObject({
      mode: z
        .enum(['Terminate', 'Passthrough'])
        .default('Terminate')
        .describe('`Passthrough` is not served.'),
      certificateRefs: z
        .array(
          z.strictObject({
            group: z.string().default(''),
            kind: z.string().default('Secret'),
            name: name.describe('Name of a Secret with `tls.crt` and `tls.key`.'),
            namespace: name.optional().describe('Another namespace must have a ReferenceGrant.'),
          }),
        )
        .default([])
        .describe('Certificates, chosen by SNI. Default: those of the entry point.'),
      options: z.record(z.string(), z.unknown()).default({}).describe('Ignored.'),
    })
    .optional()
    .describe('Of a listener with the protocol `HTTPS`.'),
  allowedRoutes: z
    .looseObject({
      namespaces: z
        .looseObject({
          from: z.enum(['All', 'Same', 'Selector', 'None']).default('Same'),
          selector: labelSelector.optional(),
        })
        .prefault({}),
      kinds: z
        .array(z.looseObject({ group: z.string().default('gateway.networking.k8s.io'), kind: name }))
        .default([]),
    })
    .prefault({})
    .describe('Namespaces whose HTTPRoutes may use the listener. Default: that of the Gateway.'),
});

/** `gateway.networking.k8s.io/v1` `Gateway` */
export const gatewaySchema = z.strictObject({
  ...object,
  spec: z.looseObject({
    gatewayClassName: name.describe(
      'Name of a GatewayClass. In files without one, `grantgate` and `traefik` are served.',
    ),
    listeners: z.array(z.unknown()).default([]).describe('Listeners to which HTTPRoutes can be attached.'),
    tls: z
      .looseObject({ frontend: z.unknown().optional() })
      .optional()
      .describe(
        '`frontend`, the verification of certificates of callers, is not served: listeners with `HTTPS` are then not served either.',
      ),
  }),
  status: others,
});

const parentRef = z.strictObject({
  group: z.string().default('gateway.networking.k8s.io'),
  kind: z.string().default('Gateway'),
  namespace: name.optional(),
  name,
  sectionName: name.optional(),
  port: port.optional(),
});

/** `gateway.networking.k8s.io/v1` `HTTPRoute`; its rules are read one by one, so that a broken one does not affect others. */
export const httpRouteSchema = z.strictObject({
  ...object,
  spec: z.looseObject({
    parentRefs: z.array(parentRef).default([]).describe('Gateways to which the route is attached.'),
    hostnames: z.array(hostname).default([]).describe('Default: those of the listener.'),
    rules: z.array(z.unknown()).prefault([{}]).describe('Default: one rule for every request.'),
  }),
  status: others,
});

const pathMatch = z.strictObject({
  type: z
    .enum(['Exact', 'PathPrefix', 'RegularExpression'], {
      error: 'expected Exact, PathPrefix or RegularExpression',
    })
    .default('PathPrefix'),
  value: z.string().default('/'),
});
const valueMatches = z
  .array(
    z.strictObject({
      type: z
        .enum(['Exact', 'RegularExpression'], { error: 'expected Exact or RegularExpression' })
        .default('Exact'),
      name,
      value: z.string(),
    }),
  )
  .default([]);

/** `spec.rules[]` of an `HTTPRoute`. */
export const httpRouteRuleSchema = z.strictObject({
  name: z.string().optional().describe('Ignored.'),
  matches: z
    .array(
      z.strictObject({
        path: pathMatch.prefault({}),
        headers: valueMatches,
        queryParams: valueMatches,
        method: z.string().optional(),
      }),
    )
    .min(1)
    .prefault([{}])
    .describe('Conditions, at least one of which must match. Default: every path.'),
  filters: z
    .array(
      z.looseObject({
        type: name.describe(
          '`RequestHeaderModifier`, `ResponseHeaderModifier`, `RequestRedirect`, `URLRewrite`, or `ExtensionRef` to a Middleware; a rule with any other refuses.',
        ),
        extensionRef: z.strictObject({ group: z.string(), kind: z.string(), name }).optional(),
      }),
    )
    .default([])
    .describe('Filters, in the order in which they are applied.'),
  backendRefs: z
    .array(
      z.strictObject({
        group: z.string().default(''),
        kind: z.string().default('Service'),
        name: name.describe('Name of a Service.'),
        namespace: name.optional().describe('Another namespace must have a ReferenceGrant.'),
        port: port.optional().describe('Number of a port of the Service.'),
        weight: z.int().min(0).max(1_000_000).default(1).describe('Share of requests; 0: none.'),
        filters: z
          .array(z.unknown())
          .max(0, { error: 'filters of a backend are not supported: expected them in the rule' })
          .default([]),
      }),
    )
    .default([])
    .describe('Services, by weight.'),
});

/** `gateway.networking.k8s.io/v1beta1` `ReferenceGrant` */
export const referenceGrantSchema = z.strictObject({
  ...object,
  spec: z.strictObject({
    from: z.array(z.strictObject({ group: z.string(), kind: z.string(), namespace: name })),
    to: z.array(z.strictObject({ group: z.string().default(''), kind: z.string(), name: name.optional() })),
  }),
});
