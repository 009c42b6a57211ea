import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Secret } from '../../base/secret.ts';
import { createRedisStore } from './create-redis-store.ts';
import { startRedisCluster } from '../../../../testkit/src/redis/redis-cluster.ts';
import type { RedisProcess } from '../../../../testkit/src/redis/redis-process.ts';
import { startRedisSentinel } from '../../../../testkit/src/redis/redis-sentinel.ts';
import type { TestRedis } from '../../../../testkit/src/redis/redis.ts';
import { startSingleRedis } from '../../../../testkit/src/redis/redis.ts';
import { whenReady } from './when-ready.testkit.ts';

const guide = readFileSync(new URL('../../../../../docs/guide/redis.md', import.meta.url), 'utf8');
/** The rules that the guide recommends: for every server, and additional ones for the nodes of a cluster. */
const [, everywhere = '', inCluster = ''] =
  /The ACL user needs `([^`]+)`, and in a cluster also `([^`]+)`\./.exec(guide) ?? [];
const keyPrefix = 'gg:';

const topologies: [
  string,
  () => Promise<{ redis: TestRedis; servers: readonly RedisProcess[]; rules: string }>,
][] = [
  [
    'one Redis',
    async () => {
      const redis = await startSingleRedis();
      return { redis, servers: [redis.server], rules: everywhere };
    },
  ],
  [
    'a Redis Cluster',
    async () => {
      const redis = await startRedisCluster();
      return { redis, servers: [...redis.masters, ...redis.replicas], rules: `${everywhere} ${inCluster}` };
    },
  ],
  [
    'Redis behind sentinels',
    async () => {
      const redis = await startRedisSentinel();
      return { redis, servers: [redis.master, ...redis.replicas], rules: everywhere };
    },
  ],
];

describe("the minimal ACL user of the guide is enough for a gateway's store", () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it.each(topologies)('on %s', async (_, start) => {
    const { redis, servers, rules } = await start();
    closing.push(() => redis.close());
    const grants = rules.replace('PREFIX', keyPrefix).split(' ');
    for (const server of servers)
      await server.command('ACL', 'SETUSER', 'least', 'reset', 'on', '>password', ...grants);
    const store = await whenReady(
      createRedisStore({ ...redis.options, username: 'least', password: new Secret('password') }),
    );
    closing.push(() => store.close());
    const value = Buffer.from('value');
    // Several keys, so that every master of a cluster has some.
    for (let count = 0; count < 20; count += 1) {
      const key = `${keyPrefix}${count}`;
      await store.set(key, value, 60_000);
      expect((await store.get(key))?.ttlMs).toBeGreaterThan(0);
      expect(await store.setIfAbsent(`${key}:lock`, value, 60_000)).toBe(true);
      expect(await store.extendIfEquals(`${key}:lock`, value, 60_000)).toBe(true);
      expect(await store.deleteIfEquals(`${key}:lock`, value)).toBe(true);
    }
    await store.ping();
    await expect(store.get('another:key')).rejects.toThrow(/permission/);
  });
});
