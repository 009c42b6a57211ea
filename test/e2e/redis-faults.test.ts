import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../packages/middleware/src/base/secret.ts';
import { startRedisCluster } from '../../packages/testkit/src/redis/redis-cluster.ts';
import type { RedisProcess } from '../../packages/testkit/src/redis/redis-process.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { startRedisSentinel } from '../../packages/testkit/src/redis/redis-sentinel.ts';
import { startSingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import type { SharedGateways } from './shared-gateways.testkit.ts';
import {
  call,
  slowness,
  startSharedGateways,
  storeTroubles,
  untilLogged,
  untilStore,
} from './shared-gateways.testkit.ts';

let fleet: SharedGateways;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => void (fleet = await startSharedGateways()));
afterAll(() => fleet.close());
afterEach(async () => {
  await fleet.part();
  for (const close of closing.splice(0)) await close();
});
function keep<T extends { close(): Promise<void> }>(part: T): T {
  closing.push(() => part.close());
  return part;
}

describe('a single Redis never blocks requests', () => {
  it('when it is down at the start: requests are served, and it is used once it is up', async () => {
    const redis = keep(await startSingleRedis());
    await redis.server.kill();
    const gateway = await fleet.join(redis.options);
    expect(await call(gateway, fleet.createCaller())).toBe(200);
    await untilStore(gateway, 'unavailable');
    await redis.server.restart();
    await untilStore(gateway, 'available');
    await fleet.untilShared(gateway, await fleet.join(redis.options));
  });

  it.each<[string, (at: RedisProcess) => unknown, (at: RedisProcess) => unknown]>([
    ['killed, and restarted empty', (at) => at.kill(), (at) => at.restart()],
    ['frozen, and thawed', (at) => at.freeze(), (at) => at.thaw()],
    [
      'asked for another password, and for the right one again',
      async (at) => {
        await at.command('ACL', 'SETUSER', 'gateway', 'resetpass', '>another');
        await at.command('CLIENT', 'KILL', 'USER', 'gateway');
      },
      (at) => at.command('ACL', 'SETUSER', 'gateway', 'resetpass', '>password'),
    ],
  ])(
    'when it is %s under load: no request fails, and it is used again automatically',
    async (_, hurt, heal) => {
      const redis = keep(await startSingleRedis());
      await redis.server.command('ACL', 'SETUSER', 'gateway', 'on', '>password', '~*', '+@all');
      const options = { ...redis.options, username: 'gateway', password: new Secret('password') };
      const plain = _.startsWith('killed') ? redis.options : options;
      const gateway = await fleet.join(plain);
      const load = fleet.load(gateway);
      await fleet.untilServed(200);
      await hurt(redis.server);
      await untilStore(gateway, 'unavailable');
      await fleet.untilServed(500);
      await heal(redis.server);
      await untilStore(gateway, 'available');
      await fleet.untilServed(200);
      await load.stop();
      await fleet.untilShared(gateway, await fleet.join(plain));
    },
  );

  it.each<[string, (at: RedisProcess) => Promise<unknown>, (at: RedisProcess) => Promise<unknown>]>([
    ['out of memory', fill, (at) => at.command('FLUSHALL')],
    [
      'read-only',
      (at) => at.command('REPLICAOF', '127.0.0.1', 1),
      (at) => at.command('REPLICAOF', 'NO', 'ONE'),
    ],
  ])(
    'when it is %s under load: no request fails, and it is used again automatically',
    async (reason, hurt, heal) => {
      const redis = keep(await startSingleRedis());
      const gateway = await fleet.join(redis.options);
      const load = fleet.load(gateway);
      await fleet.untilServed(200);
      await hurt(redis.server);
      await untilLogged(gateway, `"reason":"Redis: ${reason}"`);
      await fleet.untilServed(500);
      await heal(redis.server);
      await fleet.untilServed(200);
      await load.stop();
      await fleet.untilShared(gateway, await fleet.join(redis.options));
    },
  );
});

/** Fills the memory of Redis, and disables eviction. */
async function fill(server: RedisProcess): Promise<void> {
  const used = Number(/used_memory:(\d+)/.exec(String(await server.command('INFO', 'memory')))?.[1]);
  await server.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction', 'maxmemory', used + 1_000_000);
  const junk = 'x'.repeat(50_000);
  let outcome: unknown = 'OK';
  for (let count = 0; outcome === 'OK' && count < 1000; count += 1)
    outcome = await server.command('SET', `junk ${count}`, junk).catch(String);
  expect(outcome).toContain('OOM');
}

describe('a Redis Cluster never blocks requests', () => {
  /** All keys of the gateways are in the slot of this tag. */
  const keyPrefix = '{gg}:';
  async function startWithOwner(nodeTimeoutMs?: number) {
    const redis = keep(await startRedisCluster({}, nodeTimeoutMs));
    const slot = Number(await redis.masters[0]?.command('CLUSTER', 'KEYSLOT', keyPrefix));
    const owner = redis.masters[Math.floor((slot * redis.masters.length) / 16_384)];
    const other = redis.masters.find((master) => master !== owner);
    if (owner === undefined || other === undefined) throw new Error('no nodes');
    return { redis, slot, owner, other };
  }

  it('when the slot of the tokens moves to another node under load', async () => {
    // A long time-out of nodes: no failover starts on a busy machine.
    const { redis, slot, owner, other } = await startWithOwner(60_000);
    const gateway = await fleet.join(redis.options, keyPrefix);
    const load = fleet.load(gateway);
    await fleet.untilServed(200);
    const [from, to] = await Promise.all(
      [owner, other].map(async (node) => String(await node.command('CLUSTER', 'MYID'))),
    );
    await other.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from ?? '');
    await owner.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to ?? '');
    await fleet.untilServed(300);
    for (;;) {
      const keys = (await owner.command('CLUSTER', 'GETKEYSINSLOT', slot, 10)) as string[];
      if (keys.length === 0) break;
      await owner.command('MIGRATE', other.host, other.port, '', 0, 5000, 'KEYS', ...keys);
    }
    for (const node of [other, owner]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', to ?? '');
    await fleet.untilServed(300);
    await load.stop();
    expect(await owner.command('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBe(0);
    expect(await other.command('CLUSTER', 'COUNTKEYSINSLOT', slot)).toBeGreaterThan(1);
    // No caller noticed: no error of a moving key reached one.
    expect(storeTroubles(gateway).filter((trouble) => !slowness.test(trouble))).toEqual([]);
    await fleet.untilShared(gateway, await fleet.join(redis.options, keyPrefix));
  });

  it('when the master of the tokens is killed under load: its replica is used', async () => {
    const { redis, owner } = await startWithOwner();
    const gateway = await fleet.join(redis.options, keyPrefix);
    const load = fleet.load(gateway);
    await fleet.untilServed(200);
    await owner.kill();
    await fleet.untilServed(500);
    await fleet.untilShared(gateway, await fleet.join(redis.options, keyPrefix));
    await load.stop();
  });
});

describe('a whole Redis Cluster never blocks requests', () => {
  it('when all of its nodes are killed under load, and started again', async () => {
    const redis = keep(await startRedisCluster());
    const nodes = [...redis.masters, ...redis.replicas];
    const gateway = await fleet.join(redis.options);
    const load = fleet.load(gateway);
    await fleet.untilServed(200);
    await Promise.all(nodes.map((node) => node.kill()));
    await untilStore(gateway, 'unavailable');
    await fleet.untilServed(500);
    await Promise.all(nodes.map((node) => node.restart()));
    await untilStore(gateway, 'available');
    await fleet.untilServed(200);
    await fleet.untilShared(gateway, await fleet.join(redis.options));
    await load.stop();
  });

  it('when the master of some keys is frozen under load: its replica is used, and nothing is lost when it thaws', async () => {
    const redis = keep(await startRedisCluster());
    const [frozen] = redis.masters;
    const gateway = await fleet.join(redis.options);
    const load = fleet.load(gateway);
    await fleet.untilServed(200);
    frozen?.freeze();
    await untilLogged(gateway, 'token store failed');
    await fleet.untilServed(500);
    // Twelve credentials in a row: some of their keys were on the frozen node.
    const other = await fleet.join(redis.options);
    for (let count = 0; count < 12; count += 1) await fleet.untilShared(gateway, other);
    frozen?.thaw();
    await fleet.untilServed(200);
    for (let count = 0; count < 12; count += 1) await fleet.untilShared(gateway, other);
    await load.stop();
  });
});

describe('a Redis behind sentinels never blocks requests', () => {
  it('when the master is killed under load: its successor is used', async () => {
    const redis = keep(await startRedisSentinel());
    const gateway = await fleet.join(redis.options);
    const load = fleet.load(gateway);
    await fleet.untilServed(200);
    await redis.master.kill();
    await untilStore(gateway, 'unavailable');
    await fleet.untilServed(500);
    await fleet.untilShared(gateway, await fleet.join(redis.options));
    await load.stop();
  });

  it('when the master is frozen under load: its successor is used, also after it has thawed', async () => {
    const redis = keep(await startRedisSentinel());
    const gateway = await fleet.join(redis.options);
    const load = fleet.load(gateway);
    await fleet.untilServed(200);
    redis.master.freeze();
    await untilStore(gateway, 'unavailable');
    await fleet.untilServed(500);
    const other = await fleet.join(redis.options);
    await fleet.untilShared(gateway, other);
    redis.master.thaw();
    // The sentinels close its connections, also this one, when they make it a replica.
    const role = (): Promise<unknown> => redis.master.command('ROLE').catch(() => '');
    await until(async () => String(await role()).startsWith('slave'));
    await fleet.untilShared(gateway, other);
    await load.stop();
  });
});
