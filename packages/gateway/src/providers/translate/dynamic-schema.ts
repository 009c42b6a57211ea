import { z } from 'zod';
import type { NameSchemas } from '../../middlewares/kind.ts';
import {
  derivedHealthSchema,
  healthCheckSchema,
  passiveHealthCheckSchema,
  stickySchema,
  strategySchema,
} from './service-schema.ts';

const name = z.string().min(1);
const entries = z.record(z.string(), z.unknown()).default({});
const weight = z.int().min(0).max(1_000_000).default(1);

/** A file of Traefik's dynamic configuration. */
export const dynamicSchema = z.strictObject({ http: z.unknown().optional(), tls: z.unknown().optional() });

/** `http`; its entries are read one by one, so that a broken one does not affect others. */
export const httpSchema = z.strictObject({
  routers: entries,
  services: entries,
  middlewares: entries,
  serversTransports: entries,
});

/** `http.routers.NAME` */
export const routerSchema = z.strictObject({
  rule: z.string().min(1).describe("A rule in Traefik v3's language."),
  service: name.describe('Name of the service, with or without provider.'),
  entryPoints: z.array(name).default([]).describe('Default: every entry point but `admin`.'),
  middlewares: z.array(name).default([]).describe('Outermost first.'),
  priority: z.int().optional().describe('Default, and 0: the length of the rule.'),
  ruleSyntax: z
    .enum(['v3', 'default'], { error: 'expected v3, the only supported syntax of rules' })
    .optional()
    .describe("Traefik v3's syntax of rules."),
  tls: z
    .union(
      [
        z.boolean(),
        z.strictObject({
          options: name
            .optional()
            .describe('Name of a section of `tls.options`, with or without provider. Default: `default`.'),
        }),
      ],
      { error: 'expected {} or a boolean' },
    )
    .default(false)
    .describe('The router serves TLS connections only.'),
});

/** Services among which another one distributes requests. */
const members = z
  .array(
    z.strictObject({
      name: name.describe('Name of a service.'),
      weight: weight.describe('Share of requests; 0: none.'),
    }),
  )
  .min(1)
  .describe('At least one.');

/** `http.services.NAME` */
export const serviceSchema = z.strictObject({
  loadBalancer: z
    .strictObject({
      servers: z
        .array(
          z.strictObject({
            url: z
              .string()
              .superRefine((url, context) => {
                const message = findServerUrlFault(url);
                if (message !== undefined) context.addIssue({ code: 'custom', message });
              })
              .describe(
                'URL with the scheme `http` or `https`, a host, an optional port and path, and no query.',
              ),
            weight: weight.describe('Share of requests, relative to the weights of all servers; 0: none.'),
            preservePath: z
              .boolean()
              .default(false)
              .describe("Puts the path of `url` before the request's path; otherwise it is ignored."),
          }),
        )
        .default([])
        .describe('Without servers, requests are refused with `upstream_unavailable`.'),
      passHostHeader: z
        .boolean()
        .default(true)
        .describe("Forwards the caller's `Host`; otherwise the server receives the host of its URL."),
      healthCheck: healthCheckSchema
        .optional()
        .describe('Checks servers periodically; those that do not respond get no requests.'),
      passiveHealthCheck: passiveHealthCheckSchema
        .optional()
        .describe('Sends no requests to a server that fails, for a while.'),
      strategy: strategySchema,
      sticky: stickySchema.optional().describe('Keeps a caller on one server with a cookie.'),
      serversTransport: name
        .optional()
        .describe(
          'Name of an entry of `serversTransports`, with or without provider: settings of the connections to servers.',
        ),
    })
    .optional()
    .describe('Distributes requests over servers. A service has exactly one of these options.'),
  weighted: z
    .strictObject({
      services: members,
      sticky: stickySchema.optional().describe('Keeps a caller on one service with a cookie.'),
      healthCheck: derivedHealthSchema,
    })
    .optional()
    .describe('Distributes requests over services, in turn.'),
  highestRandomWeight: z
    .strictObject({ services: members, healthCheck: derivedHealthSchema })
    .optional()
    .describe('Distributes requests over services by the address of the peer.'),
  failover: z
    .strictObject({
      service: name.describe('Name of the service that usually gets the requests.'),
      fallback: name.describe('Name of the service that gets them while that one has no healthy server.'),
      healthCheck: derivedHealthSchema,
    })
    .optional()
    .describe('Sends requests to another service while one has no healthy server.'),
});

/** A reference to another object by its name, with or without its provider. */
export const fileNames: NameSchemas = Object.freeze({
  middleware: name.transform((text) => ({ name: text })),
  service: name,
});

/** The problem of a server's URL; undefined for a valid one. */
function findServerUrlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '') return 'expected a URL such as http://10.0.0.1:8080';
  if (!/^(?:https?|h2c):$/.test(url.protocol)) return 'expected an http, https or h2c URL';
  if (url.username !== '' || url.password !== '') return 'a URL must not contain credentials';
  if (url.search !== '' || url.hash !== '') return 'the URL of a server must not have a query or a fragment';
  return undefined;
}
