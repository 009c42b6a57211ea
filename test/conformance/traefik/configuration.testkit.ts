import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

// The part of Traefik's configuration that the stand-in supports. Any other option is an error, because a test with it would prove
// nothing.

const strategy = z.enum(['keep', 'delete', 'reject']).optional();

const entryPoint = z.strictObject({
  address: z.string(),
  forwardedHeaders: z
    .strictObject({ insecure: z.boolean().default(false), trustedIPs: z.array(z.string()).default([]) })
    .prefault({}),
  http: z
    .strictObject({
      encodedCharacters: z
        .strictObject({
          allowEncodedSlash: z.boolean().default(true),
          allowEncodedBackSlash: z.boolean().default(true),
          allowEncodedNullCharacter: z.boolean().default(true),
          allowEncodedSemicolon: z.boolean().default(true),
          allowEncodedPercent: z.boolean().default(true),
          allowEncodedQuestionMark: z.boolean().default(true),
          allowEncodedHash: z.boolean().default(true),
        })
        .prefault({}),
      encodeQuerySemicolons: z.boolean().default(false),
      underscoreHeadersStrategy: strategy,
      aliasHeadersStrategy: strategy,
    })
    .prefault({}),
});

const install = z.strictObject({
  entryPoints: z.record(z.string(), entryPoint),
  providers: z.strictObject({ file: z.strictObject({ filename: z.string() }) }),
  // Options without an effect that tests could observe.
  global: z.unknown().optional(),
  log: z.unknown().optional(),
  accessLog: z.unknown().optional(),
});

const forwardAuth = z.strictObject({
  address: z.url(),
  trustForwardHeader: z.boolean().optional(),
  authResponseHeaders: z.array(z.string()).default([]),
  authResponseHeadersRegex: z.string().optional(),
  authRequestHeaders: z.array(z.string()).default([]),
  forwardBody: z.boolean().default(false),
  maxBodySize: z.number().default(-1),
  preserveLocationHeader: z.boolean().default(false),
  preserveRequestMethod: z.boolean().default(false),
  maxResponseBodySize: z.number().default(-1),
  // Only for the access log.
  headerField: z.string().optional(),
});

const routes = z.strictObject({
  http: z.strictObject({
    routers: z.record(
      z.string(),
      z.strictObject({
        rule: z.string(),
        entryPoints: z.array(z.string()).optional(),
        middlewares: z.array(z.string()).default([]),
        service: z.string(),
      }),
    ),
    middlewares: z.record(z.string(), z.strictObject({ forwardAuth })),
    services: z.record(
      z.string(),
      z.strictObject({
        loadBalancer: z.strictObject({ servers: z.tuple([z.strictObject({ url: z.url() })]) }),
      }),
    ),
  }),
});

export type TraefikEntryPoint = z.output<typeof entryPoint>;
export type TraefikForwardAuth = z.output<typeof forwardAuth>;
export type TraefikRoutes = z.output<typeof routes>['http'];

export interface TraefikConfiguration {
  readonly entryPoints: Readonly<Record<string, TraefikEntryPoint>>;
  readonly routes: TraefikRoutes;
}

/** Reads what `traefik --configFile=FILE` reads in a folder. */
export async function readConfiguration(folder: string, file: string): Promise<TraefikConfiguration> {
  const read = async (name: string): Promise<unknown> => parse(await readFile(join(folder, name), 'utf8'));
  const { entryPoints, providers } = install.parse(await read(file));
  return { entryPoints, routes: routes.parse(await read(providers.file.filename)).http };
}
