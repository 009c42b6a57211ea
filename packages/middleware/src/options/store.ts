import { isIP } from 'node:net';
import type { StoreOptions } from '../cache/stores.ts';
import type { Report } from './report.ts';
import { isText, toSecret, toText } from './secret-schema.ts';
import type { StoreShape, StoreTlsInput } from './store-schema.ts';
import { checkTls } from './tls.ts';

/** Problems of `store` that types do not express; the schema may have refused its shape. */
export function checkStore(store: unknown, report: Report): void {
  if (!isRecord(store)) return;
  const { secret, secrets, redis } = store;
  checkSecrets(secret, secrets, report);
  if (!isRecord(redis)) return;
  const path = ['store', 'redis'];
  const { endpoints, cluster, sentinel, database, tls, username, password } = redis;
  const clustered = isCluster(cluster);
  if (Array.isArray(endpoints)) {
    endpoints.forEach((endpoint: unknown, index) => {
      if (typeof endpoint === 'string' && parseEndpoint(endpoint) === undefined)
        report('error', [...path, 'endpoints', index], 'invalid_value', 'expected host:port or [IPv6]:port');
    });
    if (endpoints.length > 1 && !clustered && sentinel === undefined)
      report(
        'error',
        [...path, 'endpoints'],
        'invalid_value',
        'expected one endpoint, or cluster, or sentinel',
      );
  }
  if (clustered && sentinel !== undefined)
    report('error', [...path, 'sentinel'], 'invalid_value', 'cluster and sentinel exclude each other');
  if (clustered && typeof database === 'number' && database !== 0)
    report(
      'warning',
      [...path, 'database'],
      'ignored_option',
      'a cluster has one database: this option is ignored',
    );
  if (username !== undefined && password === undefined)
    report('error', [...path, 'username'], 'missing_option', 'password is missing: username requires it');
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

/** The options, after `checkStore` found no problem. */
export function toStoreOptions({ keyPrefix, secret, secrets = [], redis }: StoreShape): StoreOptions {
  const [first = '', ...others] = secret === undefined ? secrets : [secret];
  const { username, password, tls, sentinel } = redis;
  const cluster = isCluster(redis.cluster);
  const ca = tls?.ca ?? tls?.caBundle;
  return Object.freeze({
    keyPrefix,
    secret: toSecret(first),
    ...(others.length > 0 && { otherSecrets: Object.freeze(others.map(toSecret)) }),
    redis: Object.freeze({
      endpoints: Object.freeze(redis.endpoints.flatMap((text) => parseEndpoint(text) ?? [])),
      ...(username !== undefined && { username: toText(username) }),
      ...(password !== undefined && { password: toSecret(password) }),
      database: cluster ? 0 : redis.database,
      cluster,
      timeoutMs: redis.timeout,
      ...(tls && {
        tls: Object.freeze({
          ...(ca !== undefined && { ca: toText(ca) }),
          ...(tls.cert !== undefined && { cert: toText(tls.cert) }),
          ...(tls.key !== undefined && { key: toSecret(tls.key) }),
          insecureSkipVerify: tls.insecureSkipVerify,
        }),
      }),
      ...(sentinel && {
        sentinel: Object.freeze({
          masterSet: sentinel.masterSet,
          ...(sentinel.username !== undefined && { username: toText(sentinel.username) }),
          ...(sentinel.password !== undefined && { password: toSecret(sentinel.password) }),
        }),
      }),
    }),
  });
}

/** `cluster: {}` means true in Traefik. */
const isCluster = (value: unknown): boolean => value === true || isRecord(value);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `host:port`, or `[IPv6]:port`; undefined for anything else. */
export function parseEndpoint(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, v6, host = '', digits = ''] = /^(?:\[([^\]]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (port < 1 || port > 65_535 || (v6 !== undefined && isIP(v6) !== 6)) return undefined;
  return Object.freeze({ host: v6 ?? host, port });
}
