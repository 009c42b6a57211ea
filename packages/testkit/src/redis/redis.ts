import { Secret } from '../../../middleware/src/base/secret.ts';
import type { RedisStoreOptions } from '../../../middleware/src/cache/redis/options.ts';
import type { RedisProcess, RedisSecurity } from './redis-process.ts';
import { clientTls, freePorts, startRedisProcess } from './redis-process.ts';

/** A Redis of one process or several, with the options of a store for it. */
export interface TestRedis {
  readonly options: RedisStoreOptions;
  close(): Promise<void>;
}

export interface SingleRedis extends TestRedis {
  readonly server: RedisProcess;
}

/** The options of a store that follow from `security`. */
export function securityOptions(
  security: RedisSecurity,
): Pick<RedisStoreOptions, 'username' | 'password' | 'tls'> {
  const { username, password } = security;
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password: new Secret(password) }),
    ...clientTls(security),
  };
}

/** Starts one server. @param lines further configuration, such as `maxmemory`. */
export async function startSingleRedis(
  security: RedisSecurity = {},
  lines: readonly string[] = [],
  host = '127.0.0.1',
): Promise<SingleRedis> {
  const [port = 0] = await freePorts(1, host);
  const server = await startRedisProcess(port, security, lines, 'server', host);
  return {
    server,
    options: {
      endpoints: [{ host, port }],
      database: 0,
      timeoutMs: 250,
      cluster: false,
      ...securityOptions(security),
    },
    close: () => server.close(),
  };
}
