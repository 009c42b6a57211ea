import { Secret } from '../../../middleware/src/base/secret.ts';
import type { RedisProcess, RedisSecurity } from './redis-process.ts';
import { freePorts, startRedisProcess } from './redis-process.ts';
import { until } from '../until.ts';
import type { TestRedis } from './redis.ts';
import { securityOptions } from './redis.ts';

export interface SentinelRedis extends TestRedis {
  /** The master at the start. */
  readonly master: RedisProcess;
  readonly replicas: readonly RedisProcess[];
  readonly sentinels: readonly RedisProcess[];
}

const masterSet = 'tokens';

/**
 * Starts a master, two replicas and three sentinels, and waits until the sentinels know all of them.
 *
 * @param ofSentinels user and password of the sentinels; those of the servers are in `security`, whose TLS applies to both.
 */
export async function startRedisSentinel(
  security: RedisSecurity = {},
  ofSentinels: Pick<RedisSecurity, 'username' | 'password'> = {},
): Promise<SentinelRedis> {
  const [masterPort = 0, ...others] = await freePorts(6);
  const host = '127.0.0.1';
  const { username, password, authority } = security;
  const lines = [
    'repl-diskless-sync yes',
    'repl-diskless-sync-delay 0',
    ...(password === undefined ? [] : [`masterauth ${password}`]),
    ...(username === undefined ? [] : [`masteruser ${username}`]),
  ];
  const [master, ...replicas] = await Promise.all([
    startRedisProcess(masterPort, security, lines),
    ...others
      .slice(0, 2)
      .map((port) => startRedisProcess(port, security, [...lines, `replicaof ${host} ${masterPort}`])),
  ]);
  await Promise.all(
    replicas.map((replica) =>
      until(async () => /master_link_status:up/.test(String(await replica.command('INFO', 'replication')))),
    ),
  );
  const sentinels = await Promise.all(
    others
      .slice(2)
      .map((port) =>
        startRedisProcess(
          port,
          { ...ofSentinels, ...(authority === undefined ? {} : { authority }) },
          [
            `sentinel monitor ${masterSet} ${host} ${masterPort} 2`,
            `sentinel down-after-milliseconds ${masterSet} 500`,
            `sentinel failover-timeout ${masterSet} 3000`,
            ...(username === undefined ? [] : [`sentinel auth-user ${masterSet} ${username}`]),
            ...(password === undefined ? [] : [`sentinel auth-pass ${masterSet} ${password}`]),
            ...(ofSentinels.username === undefined ? [] : [`sentinel sentinel-user ${ofSentinels.username}`]),
            ...(ofSentinels.password === undefined ? [] : [`sentinel sentinel-pass ${ofSentinels.password}`]),
          ],
          'sentinel',
        ),
      ),
  );
  await Promise.all(
    sentinels.map(async (sentinel) => {
      // By default, sentinels exchange messages only every few seconds.
      await sentinel.command(
        'SENTINEL',
        'DEBUG',
        ...['INFO-PERIOD', 200, 'PING-PERIOD', 100, 'PUBLISH-PERIOD', 100, 'ASK-PERIOD', 100],
      );
      await until(async () => {
        const facts = String(await sentinel.command('SENTINEL', 'MASTER', masterSet));
        return /flags,master,/.test(facts) && /num-slaves,2,num-other-sentinels,2,/.test(facts);
      });
    }),
  );
  return {
    master,
    replicas,
    sentinels,
    options: {
      endpoints: sentinels.map(({ port }) => ({ host, port })),
      database: 0,
      timeoutMs: 250,
      cluster: false,
      ...securityOptions(security),
      sentinel: {
        masterSet,
        ...(ofSentinels.username === undefined ? {} : { username: ofSentinels.username }),
        ...(ofSentinels.password === undefined ? {} : { password: new Secret(ofSentinels.password) }),
      },
    },
    close: async () => {
      await Promise.all([master, ...replicas, ...sentinels].map((process) => process.close()));
    },
  };
}
