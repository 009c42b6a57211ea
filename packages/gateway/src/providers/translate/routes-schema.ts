import { clientCredentialsSchema } from '@grantgate/middleware/options/schema';
import { z } from 'zod';
import { chainSchema, routerSchema, serviceSchema } from './dynamic-schema.ts';

const middleware = z.union([
  z.strictObject({
    plugin: z
      .strictObject({
        oAuthClientCredentials: clientCredentialsSchema.describe('OAuth 2.0 client credentials.'),
      })
      .describe(
        'The middleware of this gateway, under its name in Traefik Hub; one of `plugin` and `chain`.',
      ),
  }),
  z.strictObject({ chain: chainSchema.describe('Several middlewares under one name.') }),
]);

/** A whole file of Traefik's dynamic configuration: for JSON Schema and reference; the reader takes its entries one by one. */
export const routesSchema = z.strictObject({
  http: z
    .strictObject({
      routers: z.record(z.string(), routerSchema).default({}).describe('Routers, by name.'),
      services: z.record(z.string(), serviceSchema).default({}).describe('Services, by name.'),
      middlewares: z.record(z.string(), middleware).default({}).describe('Middlewares, by name.'),
    })
    .optional()
    .describe('Everything about HTTP.'),
});
