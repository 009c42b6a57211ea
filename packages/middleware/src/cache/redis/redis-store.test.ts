import { randomBytes } from 'node:crypto';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import type { TokenStore } from '../store.ts';
import type { StoreHarness } from '../token-store.contract.testkit.ts';
import { describeTokenStore } from '../token-store.contract.testkit.ts';
import { createRedisStore } from './create-redis-store.ts';
import { startRedisCluster } from '../../../../testkit/src/redis/redis-cluster.ts';
import { startRedisSentinel } from '../../../../testkit/src/redis/redis-sentinel.ts';
import type { TestRedis } from '../../../../testkit/src/redis/redis.ts';
import { startSingleRedis } from '../../../../testkit/src/redis/redis.ts';
import { whenReady } from './when-ready.testkit.ts';

const authority = createTestAuthority();
const password = (): string => randomBytes(12).toString('hex');
const secured = { authority, username: 'gateway', password: password() };

function harnessOf(redis: TestRedis): StoreHarness {
  return {
    open: (): Promise<TokenStore> => whenReady(createRedisStore(redis.options)),
    tick: async () => {},
    close: () => redis.close(),
  };
}

describeTokenStore('Redis', async () => harnessOf(await startSingleRedis()));
describeTokenStore('Redis with a password', async () =>
  harnessOf(await startSingleRedis({ password: password() })),
);
describeTokenStore('Redis with TLS and an ACL user', async () => harnessOf(await startSingleRedis(secured)));
describeTokenStore('Redis on IPv6', async () => harnessOf(await startSingleRedis({}, [], '::1')));
describeTokenStore('Redis Cluster', async () => harnessOf(await startRedisCluster()));
describeTokenStore('Redis Cluster with TLS and an ACL user', async () =>
  harnessOf(await startRedisCluster(secured)),
);
describeTokenStore('Redis Sentinel', async () => harnessOf(await startRedisSentinel()));
describeTokenStore('Redis Sentinel with TLS, and users of servers and sentinels', async () =>
  harnessOf(await startRedisSentinel(secured, { username: 'watcher', password: password() })),
);
