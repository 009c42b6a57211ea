import { isIP } from 'node:net';
import { z } from 'zod';
import { Secret } from '../base/secret.ts';
import { duration } from './duration.ts';
import type { Report } from './report.ts';
import { isText, secret, secretText, toText } from './secret-schema.ts';
import { tlsFields, checkTls } from './tls.ts';

const { ca, ...otherTlsFields } = tlsFields;

/** `cluster: {}` means true in Traefik. */
export const isCluster = (value: unknown): boolean =>
  value === true || (typeof value === 'object' && value !== null && !Array.isArray(value));

/** `host:port`, or `[IPv6]:port`; undefined for anything else. */
export function parseEndpoint(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, v6, host = '', digits = ''] = /^(?:\[([^\]]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port < 1 || port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined;
  return Object.freeze({ host: v6 ?? host, port });
}

const tlsSchema = z
  .strictObject({
    ca: ca.describe('PEM certificates of the authorities that are trusted for servers.'),
    caBundle: secretText.optional().describe('Alias of `ca`.'),
    ...otherTlsFields,
  })
  .transform(({ caBundle, ...tls }) => ({ ...tls, ca: tls.ca ?? caBundle }));

/** Addresses of Redis, for every middleware that uses one; each describes them itself. */
export const redisEndpoints: z.ZodArray<z.ZodString> = z
  .array(z.string())
  .min(1, { error: 'expected one or more of host:port' });

/** Problems of the access to a Redis server that types do not express; each option may have any type. */
export function checkRedisAccess(
  {
    endpoints,
    username,
    password,
  }: Readonly<Partial<Record<'endpoints' | 'username' | 'password', unknown>>>,
  path: readonly string[],
  report: Report,
): void {
  if (Array.isArray(endpoints))
    endpoints.forEach((endpoint: unknown, index) => {
      if (typeof endpoint === 'string' && parseEndpoint(endpoint) === undefined)
        report('error', [...path, 'endpoints', index], 'invalid_value', 'expected host:port or [IPv6]:port');
    });
  if (username !== undefined && password === undefined)
    report('error', [...path, 'username'], 'missing_option', 'password is missing: username requires it');
}

const sentinelSchema = z.strictObject({
  masterSet: z.string().min(1).describe('Name of the master that the sentinels watch.'),
  username: secretText.optional().describe('ACL user of the sentinels.'),
  password: secret.optional().describe('Password of the sentinels.'),
});

/** `store` under its canonical names. */
export const storeSchema = z
  .strictObject({
    keyPrefix: z.string().default('').describe('Prefix of every key.'),
    secret: secret
      .optional()
      .describe(
        'Encrypts the tokens: 16, 24 or 32 bytes, for AES-128, -192 or -256. Required unless `secrets` is given.',
      ),
    secrets: z
      .array(secret)
      .min(1, { error: 'expected one or more secrets' })
      .optional()
      .describe(
        'Instead of `secret`: the first encrypts, all decrypt, so that the secret can be changed without losing tokens.',
      ),
    redis: z
      .strictObject({
        endpoints: redisEndpoints.describe(
          '`host:port` of the server, of nodes of the cluster, or of the sentinels.',
        ),
        username: secretText.optional().describe('ACL user.'),
        password: secret.optional().describe('Password of the ACL user, or of the default user.'),
        database: z.int().min(0).max(1_000_000).default(0).describe('Ignored, with a warning, in a cluster.'),
        timeout: duration
          .refine((ms) => ms >= 1 && ms <= 10_000, { error: 'expected a duration from 1ms to 10s' })
          .prefault('250ms')
          .describe('Time limit for an operation, after which the request continues without the store.'),
        cluster: z
          .union([z.boolean(), z.strictObject({})], { error: 'expected {} or a boolean' })
          .default(false)
          .describe('The endpoints are nodes of a Redis Cluster.'),
        tls: tlsSchema.optional().describe('Uses TLS to servers and sentinels.'),
        sentinel: sentinelSchema.optional().describe('The endpoints are sentinels; excludes `cluster`.'),
      })
      .transform(({ endpoints, database, timeout, ...redis }) => {
        const cluster = isCluster(redis.cluster);
        return {
          ...redis,
          cluster,
          endpoints: endpoints.flatMap((text) => parseEndpoint(text) ?? []),
          database: cluster ? 0 : database,
          timeoutMs: timeout,
        };
      })
      .describe('Redis: one server, a Redis Cluster, or a master that sentinels watch.'),
  })
  .transform(({ secret: first, secrets = [], ...store }) => {
    const [own, ...others] = first === undefined ? secrets : [first];
    return { ...store, secret: own ?? noSecret, otherSecrets: others };
  });

/** `checkStore` refuses a store without a secret. */
const noSecret = new Secret('');

export type StoreTlsInput = NonNullable<z.input<typeof storeSchema>['redis']['tls']>;

/** Problems of `store` that types do not express; the schema may have refused its shape. */
export function checkStore(store: unknown, report: Report): void {
  if (!isRecord(store)) return;
  const { secret, secrets, redis } = store;
  checkSecrets(secret, secrets, report);
  if (!isRecord(redis)) return;
  const path = ['store', 'redis'];
  const { endpoints, cluster, sentinel, database, tls } = redis;
  const clustered = isCluster(cluster);
  checkRedisAccess(redis, path, report);
  if (Array.isArray(endpoints) && endpoints.length > 1 && !clustered && sentinel === undefined)
    report(
      'error',
      [...path, 'endpoints'],
      'invalid_value',
      'expected one endpoint, or cluster, or sentinel',
    );
  if (clustered && sentinel !== undefined)
    report('error', [...path, 'sentinel'], 'invalid_value', 'cluster and sentinel exclude each other');
  if (clustered && typeof database === 'number' && database !== 0)
    report(
      'warning',
      [...path, 'database'],
      'ignored_option',
      'a cluster has one database: this option is ignored',
    );
  if (!isRecord(tls)) return;
  if (tls['ca'] !== undefined && tls['caBundle'] !== undefined)
    report('error', [...path, 'tls', 'caBundle'], 'duplicate_option', 'ca and caBundle are the same option');
  const { caBundle, ...rest } = tls as StoreTlsInput;
  const caName = caBundle === undefined ? 'ca' : 'caBundle';
  checkTls({ ...rest, ca: rest.ca ?? caBundle }, { path: [...path, 'tls'], caName, peer: 'Redis' }, report);
}

function checkSecrets(secret: unknown, secrets: unknown, report: Report): void {
  const check = (one: unknown, ...path: (string | number)[]): void => {
    if (isText(one) && ![16, 24, 32].includes(Buffer.byteLength(toText(one))))
      report('error', ['store', ...path], 'invalid_value', 'expected 16, 24 or 32 bytes');
  };
  check(secret, 'secret');
  if (Array.isArray(secrets)) secrets.forEach((one: unknown, index) => check(one, 'secrets', index));
  if (secret === undefined && secrets === undefined)
    report('error', ['store', 'secret'], 'missing_option', 'is required unless secrets is given');
  if (secret !== undefined && secrets !== undefined)
    report(
      'error',
      ['store', 'secrets'],
      'duplicate_option',
      'expected either secret or secrets: the first of secrets encrypts',
    );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
