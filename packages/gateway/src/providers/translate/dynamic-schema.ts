import { z } from 'zod';
import type { NameSchemas } from '../../middlewares/kind.ts';
import { healthCheckSchema, stickySchema } from './service-schema.ts';
import { findServerUrlFault } from './server-url.ts';

const name = z.string().min(1);
const entries = z.record(z.string(), z.unknown()).default({});
const weight = z.int().min(0).max(1_000_000).default(1);

/** A file of Traefik's dynamic configuration. */
export const dynamicSchema = z.strictObject({ http: z.unknown().optional() });

/** `http`; its entries are read one by one, so that a broken one stays alone. */
export const httpSchema = z.strictObject({ routers: entries, services: entries, middlewares: entries });

/** `http.routers.NAME` */
export const routerSchema = z.strictObject({
  rule: z.string().min(1).describe("A rule in Traefik v3's language."),
  service: name.describe('Name of the service, with or without provider.'),
  entryPoints: z.array(name).default([]).describe('Default: every entry point but `admin`.'),
  middlewares: z.array(name).default([]).describe('Outermost first.'),
  priority: z.int().optional().describe('Default, and 0: the length of the rule.'),
  ruleSyntax: z
    .enum(['v3', 'default'], { error: 'expected v3, the only syntax of rules here' })
    .optional()
    .describe('The syntax of rules of Traefik v3.'),
  tls: z
    .union([z.boolean(), z.strictObject({})], { error: 'expected {} or a boolean' })
    .default(false)
    .describe('With it, the router answers only on those of its entry points that speak TLS.'),
});

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
              .describe('`http` or `https`, host, optional port and path; no query.'),
            weight: weight.describe('Share of the requests, among the weights of all servers; 0: none.'),
          }),
        )
        .default([])
        .describe('Without any, requests are refused with `upstream_unavailable`.'),
      passHostHeader: z
        .boolean()
        .default(true)
        .describe("The caller's `Host` goes on; otherwise that of the server's URL."),
      healthCheck: healthCheckSchema
        .optional()
        .describe('Servers are asked from time to time, and those that do not answer get no requests.'),
      sticky: stickySchema.optional().describe('Keeps a caller with one server by a cookie.'),
    })
    .optional()
    .describe('Spreads requests over servers; one of `loadBalancer` and `weighted`.'),
  weighted: z
    .strictObject({
      services: z
        .array(
          z.strictObject({
            name: name.describe('Name of a service.'),
            weight: weight.describe('Share of the requests; 0: none.'),
          }),
        )
        .min(1)
        .describe('At least one.'),
    })
    .optional()
    .describe('Spreads requests over services.'),
});

/** Another object is mentioned by its name alone, with or without provider. */
export const fileNames: NameSchemas = Object.freeze({
  middleware: name.transform((text) => ({ name: text })),
});
