import { z } from 'zod';
import { healthCheckSchema, stickySchema } from '../service-schema.ts';
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
  service: name,
  entryPoints: z.array(name).default([]).describe('Default: every entry point but `admin`.'),
  middlewares: z.array(name).default([]).describe('Outermost first.'),
  priority: z.int().optional().describe('Default, and 0: the length of the rule.'),
  ruleSyntax: z.literal('v3', { error: 'expected v3, the only syntax of rules here' }).optional(),
  tls: z
    .union([z.boolean(), z.strictObject({})], { error: 'expected {} or a boolean' })
    .default(false)
    .describe('With it, the router answers on entry points with TLS only; without it, on the others only.'),
});

/** `http.services.NAME` */
export const serviceSchema = z.strictObject({
  loadBalancer: z
    .strictObject({
      servers: z
        .array(
          z.strictObject({
            url: z.string().superRefine((url, context) => {
              const message = findServerUrlFault(url);
              if (message !== undefined) context.addIssue({ code: 'custom', message });
            }),
            weight,
          }),
        )
        .default([]),
      passHostHeader: z.boolean().default(true),
      healthCheck: healthCheckSchema.optional(),
      sticky: stickySchema.optional(),
    })
    .optional(),
  weighted: z.strictObject({ services: z.array(z.strictObject({ name, weight })).min(1) }).optional(),
});

/** `http.middlewares.NAME.chain` */
export const chainSchema = z.strictObject({ middlewares: z.array(name).min(1) });
