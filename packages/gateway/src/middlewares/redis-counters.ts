import type { RedisStoreOptions } from '@grantgate/middleware/cache/redis/options';
import { Secret } from '@grantgate/middleware/base/secret';
import { duration } from '@grantgate/middleware/options/duration';
import { checkRedisAccess, parseEndpoint, redisEndpoints } from '@grantgate/middleware/options/store';
import { z } from 'zod';
import { asWritten, isMapping, valueAt } from '../config/path.ts';
import type { MiddlewareConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { SharedSources } from '../secrets/resolve.ts';
import { checkClientTls, clientTlsSchema, tlsSecretOptions, toTlsReferences } from './client-tls.ts';
import type { OptionsResult } from './kind.ts';
import { createOptionProblem, type SchemaOptions } from './read-options.ts';

const noEffect = 'No effect: one connection carries the requests of a process.';

/** Traefik's `rateLimit.redis`. */
export const redisCountersSchema = z.strictObject({
  endpoints: redisEndpoints
    .default(['localhost:6379'])
    .describe('`host:port` of the server, or of nodes of a Redis Cluster.'),
  // As in Traefik, both may be empty.
  username: z.string().optional().describe('ACL user.'),
  password: z
    .string()
    .optional()
    .meta({ title: 'secret' })
    .describe('Password of the ACL user, or of the default user.'),
  secret: z
    .string()
    .optional()
    .describe('Kubernetes: Secret with `username` and `password`, instead of both options.'),
  db: z.int().min(0).default(0).describe('Number of the database; not used in a cluster.'),
  tls: clientTlsSchema.optional().describe('TLS to the server.'),
  readTimeout: duration
    .prefault('250ms')
    .transform((ms) => Math.min(Math.max(ms, 1), 10_000))
    .describe('Time that a request waits for Redis before this machine decides by itself; at most 10s.'),
  writeTimeout: duration.optional().describe('No effect: `readTimeout` covers the whole operation.'),
  dialTimeout: duration.optional().describe('No effect: requests do not wait for a connection.'),
  poolSize: z.int().optional().describe(noEffect),
  minIdleConns: z.int().optional().describe(noEffect),
  maxActiveConns: z.int().optional().describe(noEffect),
});

export type RedisCountersOptions = z.output<typeof redisCountersSchema>;

/** Paths of its options that name a Secret. */
export const redisSecretOptions: readonly (readonly string[])[] = [
  ['redis', 'secret'],
  ...tlsSecretOptions(['redis', 'tls']),
];

/** Rewrites the Secret and the files of `redis` as secret references. */
function toRedisReferences(written: MiddlewareConfig, sources: SharedSources): MiddlewareConfig {
  const config = toTlsReferences(written, ['redis', 'tls'], sources);
  const [redis = '', secret = ''] = asWritten(config.options, ['redis', 'secret']);
  const name = valueAt(config.options, [redis, secret]);
  const options = config.options;
  if (typeof name !== 'string' || name === '' || !isMapping(options) || !isMapping(options[redis]))
    return config;
  const keys = sources.secrets.get(`${config.namespace ?? 'default'}/${name}`);
  const references = {
    ...(keys?.has('username') !== false && { username: `urn:k8s:secret:${name}:username` }),
    password: `urn:k8s:secret:${name}:password`,
  };
  return { ...config, options: { ...options, [redis]: { ...options[redis], ...references } } };
}

/** Problems of `redis` beyond its types. */
function checkRedis(
  redis: RedisCountersOptions | undefined,
  config: MiddlewareConfig,
  read: Pick<SchemaOptions<object>, 'writtenPath'>,
): readonly Problem[] {
  if (redis === undefined) return [];
  const problems: Problem[] = [];
  checkRedisAccess(redis, ['redis'], (severity, path, code, message) =>
    problems.push(createOptionProblem(config, read.writtenPath(path), { severity, code, message })),
  );
  return [...problems, ...checkClientTls(redis.tls, { config, read, path: ['redis', 'tls'], peer: 'Redis' })];
}

/** As in Traefik, several endpoints are nodes of a cluster. */
export function toRedisOptions(options: RedisCountersOptions): RedisStoreOptions {
  const { endpoints, username, password, db, tls, readTimeout } = options;
  const cluster = endpoints.length > 1;
  return Object.freeze({
    endpoints: endpoints.flatMap((endpoint) => parseEndpoint(endpoint) ?? []),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password: new Secret(password) }),
    database: cluster ? 0 : db,
    timeoutMs: readTimeout,
    cluster,
    ...(tls !== undefined && {
      tls: {
        ...(tls.ca !== undefined && { ca: tls.ca }),
        ...(tls.cert !== undefined && { cert: tls.cert }),
        ...(tls.key !== undefined && { key: new Secret(tls.key) }),
        insecureSkipVerify: tls.insecureSkipVerify,
      },
    }),
  });
}

/** Parses options that include `redis`. */
export function readWithRedis<Options extends { readonly redis?: RedisCountersOptions | undefined }>(
  written: MiddlewareConfig,
  sources: SharedSources,
  readOptions: (config: MiddlewareConfig) => SchemaOptions<Options>,
): OptionsResult<Options> {
  const config = toRedisReferences(written, sources);
  const read = readOptions(config);
  const found = checkRedis(read.options?.redis, config, read);
  const isBroken = found.some(({ severity }) => severity === 'error');
  return { ...read, options: isBroken ? undefined : read.options, problems: [...read.problems, ...found] };
}
