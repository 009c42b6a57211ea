import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createChannel } from '../../base/channel.ts';
import { systemClock } from '../../base/clock.ts';
import { Secret } from '../../base/secret.ts';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import { createBestEffortStore } from '../best-effort-store.ts';
import type { StoreEvent } from '../store-event.ts';
import type { TokenStore } from '../store.ts';
import { silenceTimeoutMs } from './connection-options.ts';
import { createRedisStore } from './create-redis-store.ts';
import type { RedisStoreOptions } from './options.ts';
import { startRedisCluster } from '../../../../testkit/src/redis/redis-cluster.ts';
import { freePorts } from '../../../../testkit/src/redis/redis-process.ts';
import { until } from '../../../../testkit/src/until.ts';
import { startRedisSentinel } from '../../../../testkit/src/redis/redis-sentinel.ts';
import type { TestRedis } from '../../../../testkit/src/redis/redis.ts';
import { startSingleRedis } from '../../../../testkit/src/redis/redis.ts';
import { whenReady } from './when-ready.testkit.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const authority = createTestAuthority();
const untrusted = /^TLS: the server's certificate is not trusted/;
const password = randomBytes(12).toString('hex');

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
function keep<T extends { close(): Promise<void> }>(part: T): T {
  closing.push(() => part.close());
  return part;
}
const open = (redis: TestRedis): Promise<TokenStore> => whenReady(keep(createRedisStore(redis.options)));
/** Sets until it succeeds; every failure meanwhile has a reason. */
const worksAgain = (store: TokenStore, key: string): Promise<true> =>
  until(() =>
    store.set(key, bytes('again'), 60_000).then(
      () => true as const,
      (error: unknown) => {
        if (/^Error: Redis: (?!unknown)/.test(String(error))) return false as const;
        throw error;
      },
    ),
  );
/** Lets the time limits of servers with overdue replies expire only on the test's command. */
function holdSilenceLimits(): {
  /** How many have been set so far. */
  readonly set: () => number;
  /** Expires those that are set now. */
  readonly expire: () => void;
} {
  const { setTimeout: setReal, clearTimeout: clearReal } = globalThis;
  const held = new Map<unknown, () => void>();
  let count = 0;
  const set = (callback: () => void, delayMs?: number): NodeJS.Timeout => {
    if (delayMs !== silenceTimeoutMs) return setReal(callback, delayMs);
    count += 1;
    const timer = setReal(() => {}, 0);
    held.set(timer, callback);
    return timer;
  };
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(set);
  vi.spyOn(globalThis, 'clearTimeout').mockImplementation((timer) => {
    held.delete(timer);
    clearReal(timer);
  });
  return {
    set: () => count,
    expire() {
      for (const callback of [...held.values()]) callback();
    },
  };
}
/** The first event of a store about its connection. */
async function outcome(options: RedisStoreOptions): Promise<string> {
  const store = createRedisStore(options);
  try {
    const reason = await new Promise<string>((resolve) =>
      store.onStateChange((ready, why) => resolve(ready ? 'ready' : (why ?? 'no reason'))),
    );
    // Operations immediately report the same.
    const said = await store.ping().then(() => 'ready', String);
    expect(said).toBe(reason === 'ready' ? 'ready' : `Error: Redis: ${reason}`);
    return reason;
  } finally {
    await store.close();
  }
}

describe('the fault of an unusable Redis', () => {
  it('is reported as a refused connection', async () => {
    const [port = 0] = await freePorts(1);
    const options = { endpoints: [{ host: '127.0.0.1', port }], database: 0, timeoutMs: 250 };
    expect(await outcome({ ...options, cluster: false })).toBe('connection refused');
    expect(await outcome({ ...options, cluster: true })).toBe('connection refused');
    const sentinel = { masterSet: 'tokens' };
    expect(await outcome({ ...options, cluster: false, sentinel })).toBe(
      'no sentinel can be reached: connection refused',
    );
  });

  it('is reported as a wrong or missing user or password', async () => {
    const { options } = keep(await startSingleRedis({ password }));
    const { password: _, ...without } = options;
    expect(await outcome(options)).toBe('ready');
    for (const cluster of [false, true]) {
      const wrong = { ...options, cluster, password: new Secret('wrong') };
      expect(await outcome(wrong)).toBe('authentication failed: wrong user or password');
      expect(await outcome({ ...without, cluster })).toBe('authentication failed: a password is required');
    }
  });

  it('is reported when the server is not a cluster, or lacks the database', async () => {
    const { options } = keep(await startSingleRedis());
    expect(await outcome({ ...options, cluster: true })).toBe('not a cluster');
    expect(await outcome({ ...options, database: 16 })).toBe('no such database');
    expect(await outcome({ ...options, database: 15 })).toBe('ready');
  });

  it('is reported as the fault of TLS', async () => {
    const { options } = keep(await startSingleRedis({ authority }));
    const { ca: _, ...system } = options.tls ?? { insecureSkipVerify: false };
    expect(await outcome(options)).toBe('ready');
    expect(await outcome({ ...options, tls: system })).toMatch(untrusted);
    expect(await outcome({ ...options, cluster: true, tls: system })).toMatch(untrusted);
    expect(await outcome({ ...options, tls: { ...system, insecureSkipVerify: true } })).toBe('ready');
    const stranger = createTestAuthority('Another CA').cert;
    expect(await outcome({ ...options, tls: { ...system, ca: stranger } })).toMatch(untrusted);
    const anonymous = { ca: authority.cert, insecureSkipVerify: false };
    expect(await outcome({ ...options, tls: anonymous })).toMatch(/^TLS: .* a client certificate/);
  });

  it('is reported when only one side uses TLS', async () => {
    const plain = keep(await startSingleRedis());
    const secure = keep(await startSingleRedis({ authority }));
    const { tls: _, ...without } = secure.options;
    for (const cluster of [false, true]) {
      expect(await outcome({ ...plain.options, cluster, tls: { insecureSkipVerify: true } })).toBe(
        'TLS: no response to the handshake; perhaps the server does not support TLS',
      );
      expect(await outcome({ ...without, cluster })).toBe(
        'connection closed without a response; perhaps the server expects TLS',
      );
    }
  });

  it('is reported as out of memory, read-only, or forbidden for the ACL user', async () => {
    const redis = keep(await startSingleRedis());
    const store = await open(redis);
    await store.set('kept', bytes('value'), 60_000);
    await redis.server.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(store.set('key', bytes('value'), 1000)).rejects.toThrow('Redis: out of memory');
    expect((await store.get('kept'))?.value).toEqual(Buffer.from('value'));
    await redis.server.command('CONFIG', 'SET', 'maxmemory', '0');
    await store.set('key', bytes('value'), 1000);

    await redis.server.command('ACL', 'SETUSER', 'reader', 'on', `>${password}`, '~*', '+@all', '-set');
    const reader = await open({
      ...redis,
      options: { ...redis.options, username: 'reader', password: new Secret(password) },
    });
    await expect(reader.set('key', bytes('value'), 1000)).rejects.toThrow('Redis: no permission');

    await redis.server.command('REPLICAOF', '127.0.0.1', '1');
    await expect(worksAgainOrSays(store)).resolves.toBe('Error: Redis: read-only');
    await redis.server.command('REPLICAOF', 'NO', 'ONE');
    await worksAgain(store, 'key');
  });
});

const worksAgainOrSays = (store: TokenStore): Promise<string> =>
  store.set('key', bytes('value'), 1000).then(() => 'set', String);

describe('a store in one Redis', () => {
  it('reports that its server is down, and is used again once the server is up', async () => {
    const redis = keep(await startSingleRedis());
    const store = await open(redis);
    const states: unknown[] = [];
    store.onStateChange((ready, reason) => states.push([ready, reason]));
    await redis.server.kill();
    await until(() => !store.isReady());
    await until(() =>
      store.ping().then(
        () => false,
        (error: unknown) => String(error).endsWith('refused'),
      ),
    );
    await redis.server.restart();
    await whenReady(store);
    await store.set('key', bytes('value'), 60_000);
    expect(states).toEqual([
      [false, 'connection closed'],
      [false, 'connection refused'],
      [true, undefined],
    ]);
  });

  it('reconnects once when many operations learn that it is read-only', async () => {
    const redis = keep(await startSingleRedis());
    const store = await open(redis);
    const warnings: string[] = [];
    const warn = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', warn);
    onTestFinished(() => void process.off('warning', warn));
    await redis.server.command('REPLICAOF', '127.0.0.1', '1');
    for (let round = 0; round < 3; round += 1) {
      await whenReady(store);
      const lost = new Promise<void>((resolve) => {
        const stop = store.onStateChange(() => {
          stop();
          resolve();
        });
      });
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, () => store.set('key', bytes('value'), 1000).then(() => 'set', String)),
      );
      expect(outcomes).toContain('Error: Redis: read-only');
      await lost;
    }
    // Warnings are emitted in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
    await redis.server.command('REPLICAOF', 'NO', 'ONE');
    await worksAgain(store, 'key');
  });

  it('announces the loss and, once known, that its user is no longer accepted', async () => {
    const redis = keep(await startSingleRedis());
    await redis.server.command('ACL', 'SETUSER', 'gateway', 'on', `>${password}`, '~*', '+@all');
    const options = { ...redis.options, username: 'gateway', password: new Secret(password) };
    const store = await whenReady(createRedisStore(options));
    const events = createChannel<StoreEvent>();
    const states: unknown[] = [];
    events.subscribe((event) => {
      if (event.kind === 'state') states.push([event.ready, event.reason]);
    });
    keep(createBestEffortStore(store, { clock: systemClock, events, budgetMs: 250 }));
    await redis.server.command('ACL', 'DELUSER', 'gateway');
    await until(() => states.length >= 3);
    // The next attempts give the same result, which is not logged again.
    for (let attempts = 0; attempts < 2; attempts += 1) {
      await redis.server.command('ACL', 'LOG', 'RESET');
      await until(async () => String(await redis.server.command('ACL', 'LOG')).includes('gateway'));
    }
    expect(states).toEqual([
      [true, undefined],
      [false, 'connection closed'],
      [false, 'authentication failed: wrong user or password'],
    ]);
  });

  it('abandons a frozen server, and is used again once the server continues', async () => {
    const redis = keep(await startSingleRedis());
    const store = await open(redis);
    redis.server.freeze();
    onTestFinished(() => redis.server.thaw());
    await expect(store.get('key')).rejects.toThrow(/^Redis: (?:time-out|connection closed)$/);
    await until(() => !store.isReady());
    redis.server.thaw();
    await worksAgain(store, 'key');
  });

  it('waits for a slow server up to `store.redis.timeout`', async () => {
    const redis = keep(await startSingleRedis());
    const [patient, usual] = [
      await open({ ...redis, options: { ...redis.options, timeoutMs: 10_000 } }),
      await open(redis),
    ];
    await usual.set('key', bytes('value'), 60_000);
    const limits = holdSilenceLimits();
    redis.server.freeze();
    onTestFinished(() => redis.server.thaw());
    const [late, none] = [patient.get('key'), usual.get('key')];
    const refused = expect(none).rejects.toThrow(/^Redis: (?:time-out|connection closed)$/);
    await until(() => limits.set() > 0);
    limits.expire();
    await refused;
    redis.server.thaw();
    expect((await late)?.value).toEqual(Buffer.from('value'));
  });

  it('keeps the connection to a server that was slow and then sent its overdue reply', async () => {
    const limits = holdSilenceLimits();
    const redis = keep(await startSingleRedis());
    const store = await open(redis);
    redis.server.freeze();
    const owed = store.get('key');
    const refused = expect(owed).rejects.toThrow(/^Redis: (?:time-out|connection closed)$/);
    await redis.server.restart();
    await refused;
    await whenReady(store);
    const states: unknown[] = [];
    store.onStateChange((ready, reason) => states.push([ready, reason]));
    // The time at which the old connection would have been abandoned passes.
    expect(limits.set()).toBeGreaterThan(0);
    limits.expire();
    await store.ping();
    await store.set('key', bytes('value'), 60_000);
    expect(states).toEqual([]);
  });

  it('uses its configured database', async () => {
    const redis = keep(await startSingleRedis());
    const store = await open({ ...redis, options: { ...redis.options, database: 3 } });
    await store.set('key', bytes('value'), 60_000);
    expect(await redis.server.command('GET', 'key')).toBeNull();
    expect(await redis.server.command('INFO', 'keyspace')).toMatch(/db3:keys=1,expires=1/);
  });
});

describe('a store behind sentinels', () => {
  it('finds the new master automatically when the old one is killed, and when the next one is frozen', async () => {
    const redis = keep(await startRedisSentinel({ password }));
    const store = await open(redis);
    await store.set('key', bytes('value'), 60_000);
    await redis.master.kill();
    await worksAgain(store, 'key');
    const roles = await Promise.all(
      redis.replicas.map(async (replica) => String(await replica.command('ROLE')).split(',')[0]),
    );
    const next = redis.replicas[roles.indexOf('master')];
    expect(await next?.command('GET', 'key')).toBe('again');
    await redis.master.restart();
    next?.freeze();
    onTestFinished(() => next?.thaw());
    await worksAgain(store, 'after the second');
  });

  it('reports that the master set is unknown, or that the sentinels refuse the password', async () => {
    const { options } = keep(await startRedisSentinel({}, { password }));
    expect(await outcome(options)).toBe('ready');
    const sentinel = { masterSet: 'tokens', password: new Secret(password) };
    expect(await outcome({ ...options, sentinel: { ...sentinel, masterSet: 'others' } })).toBe(
      'unknown master set',
    );
    expect(await outcome({ ...options, sentinel: { ...sentinel, password: new Secret('wrong') } })).toBe(
      'authentication failed: wrong user or password (of the sentinels)',
    );
  });

  it('reports a TLS fault of the sentinels', async () => {
    const { options } = keep(await startRedisSentinel({ authority }));
    expect(await outcome(options)).toBe('ready');
    const { tls: _, ...plain } = options;
    expect(await outcome(plain)).toBe(
      'no sentinel can be reached: connection closed without a response; perhaps the server expects TLS',
    );
    expect(await outcome({ ...options, tls: { insecureSkipVerify: false } })).toMatch(
      /^no sentinel can be reached: TLS: the server's certificate is not trusted/,
    );
    expect(await outcome({ ...options, tls: { insecureSkipVerify: true } })).toMatch(
      /^no sentinel can be reached: TLS: .* a client certificate/,
    );
  });
});

describe('a store in a cluster', () => {
  it('continues with the replica when a master is killed', async () => {
    const redis = keep(await startRedisCluster({ password }));
    const store = await open(redis);
    const keys = Array.from({ length: 30 }, (_, index) => `key ${index}`);
    await Promise.all(keys.map((key) => store.set(key, bytes(key), 60_000)));
    await redis.masters[1]?.kill();
    for (const key of keys) await worksAgain(store, key);
    for (const key of keys) expect((await store.get(key))?.value).toEqual(Buffer.from('again'));
  });

  it('follows a slot that moves to another node, key by key', async () => {
    const redis = keep(await startRedisCluster());
    const [from, to] = redis.masters;
    if (from === undefined || to === undefined) throw new Error('no nodes');
    const store = await open(redis);
    // The same slot for all of them, and one of the first master: 0 to 5461.
    const tag = Array.from({ length: 100 }, (_, index) => `{${index}}`);
    const slots = await Promise.all(tag.map((name) => from.command('CLUSTER', 'KEYSLOT', name)));
    const index = slots.findIndex((slot) => Number(slot) < 5461);
    const slot = Number(slots[index]);
    const [moved, staying, fresh] = ['moved', 'staying', 'fresh'].map((name) => `${tag[index]} ${name}`) as [
      string,
      string,
      string,
    ];
    for (const key of [moved, staying]) await store.set(key, bytes(key), 60_000);

    const [fromId, toId] = await Promise.all(
      [from, to].map(async (node) => String(await node.command('CLUSTER', 'MYID'))),
    );
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId ?? '');
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId ?? '');
    await from.command('MIGRATE', to.host, to.port, moved, 0, 5000);
    for (const key of [moved, staying]) {
      expect((await store.get(key))?.value).toEqual(Buffer.from(key));
      expect(await store.extendIfEquals(key, bytes(key), 120_000)).toBe(true);
    }
    expect(await store.setIfAbsent(fresh, bytes('value'), 60_000)).toBe(true);
    expect(await store.setIfAbsent(moved, bytes('value'), 60_000)).toBe(false);
    expect(await store.deleteIfEquals(fresh, bytes('value'))).toBe(true);

    await from.command('MIGRATE', to.host, to.port, staying, 0, 5000);
    for (const node of [to, from]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId ?? '');
    for (const key of [moved, staying]) expect((await store.get(key))?.value).toEqual(Buffer.from(key));
    await store.set(fresh, bytes('value'), 60_000);
  });

  it('is not mistaken for a single server', async () => {
    const redis = keep(await startRedisCluster());
    const [endpoint] = redis.options.endpoints;
    const options = { ...redis.options, cluster: false, endpoints: endpoint === undefined ? [] : [endpoint] };
    const store = await open({ ...redis, options });
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => store.get(`key ${index}`).then(() => 'done', String)),
    );
    expect(outcomes).toContain('Error: Redis: a cluster, but `cluster` is not set');
    expect(await outcome({ ...options, database: 1 })).toBe('a cluster, but `cluster` is not set');
  });
});
