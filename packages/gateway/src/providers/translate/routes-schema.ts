import { z } from 'zod';
import { kinds } from '../../middlewares/kinds.ts';
import type { MiddlewareKind } from '../../middlewares/kind.ts';
import { serversTransportSchema } from './servers-transport.ts';
import { storedCertificateSchema, storeSchema, tlsOptionsSchema } from './tls-schema.ts';
import { fileNames, routerSchema, serviceSchema } from './dynamic-schema.ts';

/** Exactly one of the names, for JSON Schema; the reader has its own message. */
const one = { minProperties: 1, maxProperties: 1 };

const toShape = (all: readonly MiddlewareKind[]): z.ZodRawShape =>
  Object.fromEntries(
    all.map(({ name, schema, description }) => [name, schema(fileNames).optional().describe(description)]),
  );

/** A middleware is of one kind. */
const middleware = z
  .strictObject({
    ...toShape(kinds.filter(({ isPlugin }) => !isPlugin)),
    plugin: z
      .strictObject(toShape(kinds.filter(({ isPlugin }) => isPlugin)))
      .meta(one)
      .optional()
      .describe('Middlewares that Traefik Hub configures under plugin.'),
  })
  .meta(one);

/** A whole file of Traefik's dynamic configuration, for JSON Schema and reference; the reader parses entries separately. */
export const routesSchema = z.strictObject({
  http: z
    .strictObject({
      routers: z.record(z.string(), routerSchema).default({}).describe('Routers, by name.'),
      services: z.record(z.string(), serviceSchema).default({}).describe('Services, by name.'),
      middlewares: z
        .record(z.string(), middleware)
        .default({})
        .describe('Middlewares, by name; each is of one kind.'),
      serversTransports: z
        .record(z.string(), serversTransportSchema)
        .default({})
        .describe('Settings of connections to servers, by name.'),
    })
    .optional()
    .describe('Routers, services, middlewares and transports for HTTP.'),
  tls: z
    .strictObject({
      certificates: z.array(storedCertificateSchema).default([]).describe('Certificates, chosen by SNI.'),
      stores: z
        .record(z.string(), storeSchema)
        .default({})
        .describe('Stores, by name; only `default` is used, as in Traefik.'),
      options: z
        .record(z.string(), tlsOptionsSchema)
        .default({})
        .describe('Options of TLS connections, by name; `default` applies to routers that name none.'),
    })
    .optional()
    .describe('TLS connections of callers.'),
});
