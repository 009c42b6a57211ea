import type { RedisStoreOptions } from '@grantgate/middleware/cache/redis/options';
import { Secret } from '@grantgate/middleware/base/secret';
import { parseEndpoint } from '@grantgate/middleware/options/store';
import { asWritten } from '../../config/as-written.ts';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import { isMapping, valueAt } from '../../config/path.ts';
import type { Problem } from '../../config/place.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { checkClientTls, toTlsReferences } from '../client-tls.ts';
import { createOptionProblem, type SchemaOptions } from '../read-options.ts';
import type { RateLimitMiddlewareOptions, RateLimitRedisOptions } from './schema.ts';

/** Writes the Secret and the files of `redis` as secret references. */
export function toRedisReferences(written: MiddlewareConfig, sources: SharedSources): MiddlewareConfig {
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

/** What is wrong with `redis` beyond its types. */
export function checkRedis(
  redis: RateLimitRedisOptions | undefined,
  config: MiddlewareConfig,
  read: SchemaOptions<RateLimitMiddlewareOptions>,
): readonly Problem[] {
  if (redis === undefined) return [];
  const report = (path: readonly (string | number)[], code: string, message: string): Problem =>
    createOptionProblem(config, read.writtenPath(['redis', ...path]), { code, message });
  return [
    ...redis.endpoints.flatMap((endpoint, index) =>
      parseEndpoint(endpoint) === undefined
        ? [report(['endpoints', index], 'invalid_value', 'expected host:port or [IPv6]:port')]
        : [],
    ),
    ...(redis.username !== undefined && redis.password === undefined
      ? [report(['username'], 'missing_option', 'password is missing: username requires it')]
      : []),
    ...checkClientTls(redis.tls, { config, read, path: ['redis', 'tls'], peer: 'Redis' }),
  ];
}

/** As in Traefik, several endpoints are nodes of a cluster. */
export function toRedisOptions(options: RateLimitRedisOptions): RedisStoreOptions {
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
