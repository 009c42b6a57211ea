import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createChannel } from '../../base/channel.ts';
import { systemClock } from '../../base/clock.ts';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { until } from '../../../../testkit/src/until.ts';
import { Secret } from '../../base/secret.ts';
import { createAccessToken } from '../../token/access-token.ts';
import { createBestEffortStore } from '../best-effort-store.ts';
import { createSharedTokens } from '../shared-tokens.ts';
import type { StoreEvent } from '../store-event.ts';
import type { TokenStore } from '../store.ts';
import { createTokenCache } from '../token-cache.ts';
import { createRedisStore } from './create-redis-store.ts';
import type { RedisReply } from './hostile-redis.testkit.ts';
import { greet, startHostileRedis } from './hostile-redis.testkit.ts';
import { startSingleRedis } from '../../../../testkit/src/redis/redis.ts';
import { whenReady } from './when-ready.testkit.ts';

const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
beforeAll(() => {
  // Also called for unhandled rejections.
  process.on('uncaughtExceptionMonitor', note);
  process.on('unhandledRejection', note);
});
afterAll(() => {
  process.off('uncaughtExceptionMonitor', note);
  process.off('unhandledRejection', note);
});
const closing: (() => Promise<void>)[] = [];
beforeEach(() => void uncaught.splice(0));
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  expect(uncaught).toEqual([]);
  expect(Object.keys(Array.prototype)).toEqual([]);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

const topologies = ['standalone', 'cluster', 'sentinel'] as const;
type Topology = (typeof topologies)[number];

async function start(topology: Topology, reply: (port: number) => RedisReply) {
  const server = await startHostileRedis(reply);
  closing.push(() => server.close());
  const store = createRedisStore({
    endpoints: [{ host: '127.0.0.1', port: server.port }],
    database: 0,
    timeoutMs: 250,
    password: new Secret('password'),
    cluster: topology === 'cluster',
    ...(topology === 'sentinel' && { sentinel: { masterSet: 'tokens' } }),
  });
  closing.push(() => store.close());
  return { server, store };
}

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const slots =
  (map: string) =>
  ([name, sub]: readonly string[], port: number) =>
    name?.toLowerCase() === 'cluster' && sub?.toLowerCase() === 'slots'
      ? map.replaceAll('PORT', String(port))
      : undefined;

/** Replies that no Redis sends to a command of the store. */
const hostile: Readonly<Record<string, string>> = {
  'arrays in arrays': '*1\r\n'.repeat(5_000),
  'more arrays in arrays': '*1\r\n'.repeat(200_000),
  'an array of 2^31 elements': '*2147483647\r\n',
  'an array of 2^32 elements': '*4294967296\r\n:1\r\n',
  'an array of 10^30 elements': `*1${'0'.repeat(30)}\r\n`,
  'many long arrays': '*60000\r\n'.repeat(7),
  'an array of a negative length': '*-7\r\n',
  'an array of a length in letters': '*abc\r\n',
  'a bulk string of 2 GiB': `$2147483647\r\n${'x'.repeat(100_000)}`,
  'a bulk string of 2^60 bytes': `$${2 ** 60}\r\n${'x'.repeat(100_000)}`,
  'a bulk string of a negative length': '$-7\r\n',
  'a bulk string of no length': '$\r\n',
  'an integer of many digits': `:${'9'.repeat(400)}\r\n`,
  'an integer in letters': ':abc\r\n',
  'an integer that is not finite': ':Infinity\r\n',
  'an endless line': `+${'x'.repeat(1_000_000)}`,
  'an endless error': `-ERR ${'x'.repeat(1_000_000)}`,
  'an endless length': `$${'1'.repeat(1_000_000)}`,
  'an unknown type': '?\r\n',
  'a map of RESP 3': '%1\r\n+a\r\n+b\r\n',
  'a push of RESP 3': '>2\r\n+message\r\n+x\r\n',
  'an HTTP response': 'HTTP/1.1 400 Bad Request\r\n\r\n',
  'nothing but zeros': '\0'.repeat(100_000),
  'line feeds alone': '\n'.repeat(1_000),
  'nulls without a request': '$-1\r\n'.repeat(100),
  'null arrays without a request': '*-1\r\n'.repeat(100),
  'integers without a request': ':1\r\n'.repeat(100),
  'errors without a request': '-ERR no\r\n'.repeat(100),
  'messages of a channel': `*3\r\n${bulk('message')}${bulk('channel')}${bulk('text')}`.repeat(20),
  'empty messages of a channel': `*1\r\n${bulk('message')}`.repeat(20),
  'confirmations of a subscription': `*3\r\n${bulk('subscribe')}${bulk('channel')}:1\r\n`.repeat(20),
  'an empty array': '*0\r\n',
  'an empty string': '$0\r\n\r\n',
  'an array of nulls': '*2\r\n$-1\r\n$-1\r\n',
  'an array of arrays': '*2\r\n*1\r\n*-1\r\n*0\r\n',
  'an array of errors': '*2\r\n-ERR a\r\n-MOVED 1 127.0.0.1:1\r\n',
  'an error that moves into a prototype': '-MOVED __proto__ 127.0.0.1:1\r\n',
  'an error that moves nowhere': '-MOVED 1\r\n',
  'an error that moves to no port': '-MOVED 1 host\r\n',
  'an ASK error without a server': '-ASK\r\n',
  'an error that moves to itself': '-MOVED 1 127.0.0.1:PORT\r\n',
  'an error that asks itself': '-ASK 1 127.0.0.1:PORT\r\n',
  'an error that moves to a closed port': '-MOVED 1 127.0.0.1:1\r\n',
  'an error with a forged line': '-NOPERM x\n{"level":"info","msg":"forged"}\r\n',
  'an empty error': '-\r\n',
  'READONLY': '-READONLY no\r\n',
  'LOADING': '-LOADING wait\r\n',
  'CLUSTERDOWN': '-CLUSTERDOWN down\r\n',
  'TRYAGAIN': '-TRYAGAIN again\r\n',
}; // prettier-ignore

const outcomes = async (store: TokenStore, budgetMs = 50): Promise<void> => {
  const events = createChannel<StoreEvent>();
  const bestEffort = createBestEffortStore(store, { clock: systemClock, events, budgetMs });
  const value = Buffer.from('value');
  await bestEffort.attempt('get', (redis) => redis.get('key'));
  await bestEffort.attempt('set', (redis) => redis.set('key', value, 1_000));
  await bestEffort.attempt('lock', (redis) => redis.setIfAbsent('key', value, 1_000));
  await bestEffort.attempt('extend', (redis) => redis.extendIfEquals('key', value, 1_000));
  await bestEffort.attempt('unlock', (redis) => redis.deleteIfEquals('key', value));
  await bestEffort.attempt('ping', (redis) => redis.ping());
};

describe.each(topologies)('a hostile server instead of Redis (%s)', (topology) => {
  it('cannot crash the process with a reply to a command', async () => {
    for (const [what, bytes] of Object.entries(hostile)) {
      const { store } = await start(
        topology,
        (port) => (command) => greet(command, port) ?? bytes.replaceAll('PORT', String(port)),
      );
      await whenReady(store);
      await outcomes(store);
      await store.close();
      expect(uncaught, what).toEqual([]);
    }
  }, 120_000);

  it('cannot crash the process with its first bytes', async () => {
    for (const [what, bytes] of Object.entries(hostile)) {
      const { server, store } = await start(topology, (port) => () => bytes.replaceAll('PORT', String(port)));
      await until(() => server.commands.length > 0);
      await server.untilRead();
      await outcomes(store);
      await store.close();
      expect(uncaught, what).toEqual([]);
    }
  }, 120_000);

  it('crashes nothing with random replies', async () => {
    const scrap = fc.constantFrom(
      '*', '$', ':', '+', '-', '\r\n', '\n', '\r', '-1', '0', '1', '2', '3', '16383', '9007199254740993', 'OK', 'MOVED ', 'ASK ',
      '127.0.0.1:1', 'message', 'null', 'x', ' ',
    ); // prettier-ignore
    const well = fc.letrec<{ value: string; list: string }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(
          ':0\r\n',
          ':-1\r\n',
          '$-1\r\n',
          '*-1\r\n',
          '+OK\r\n',
          '-ERR x\r\n',
          '$2\r\nOK\r\n',
          ':16383\r\n',
        ),
        tie('list'),
      ),
      list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `*${items.length}\r\n${items.join('')}`),
    })).value;
    const bytes = fc.oneof(
      well,
      fc.array(scrap, { minLength: 1, maxLength: 12 }).map((parts) => parts.join('')),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(bytes, { minLength: 1, maxLength: 6 }),
        fc.nat(4),
        async (replies, polite) => {
          let count = 0;
          const { server, store } = await start(topology, (port) => (command) => {
            // Fails at once, or after some of the initial commands.
            count += 1;
            const next = replies[count % replies.length];
            return count > polite ? next : (greet(command, port) ?? next);
          });
          await until(() => server.commands.length > 0);
          await outcomes(store, 5);
          await store.close();
          await server.close();
          closing.splice(0);
          expect(uncaught).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('is not read beyond the limits of a reply', async () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    // More than the buffers of a socket hold.
    const limit = 64 * 1024 * 1024;
    for (const begin of ['$3000000000\r\n', '$4194305\r\n', '+', '-ERR ', ':']) {
      let written = 0;
      const over = new Promise<number>((resolve) => {
        void start(topology, (port) => (command, socket) => {
          const greeting = greet(command, port);
          if (greeting !== undefined) return greeting;
          if (written > 0) return undefined;
          socket.once('close', () => resolve(written));
          const flood = (): void => {
            for (;;) {
              if (socket.destroyed) return;
              if (written > limit) socket.destroy();
              written += chunk.length;
              if (!socket.write(chunk)) break;
            }
            socket.once('drain', flood);
          };
          socket.write(begin);
          flood();
          return undefined;
        }).then(async ({ store }) => {
          await whenReady(store);
          await outcomes(store, 5);
        });
      });
      expect(await over, begin).toBeLessThan(limit);
    }
  });

  it('cannot withhold a token from a caller by a lock that is never free, or by a wrong reply', async () => {
    const lies = [
      '$-1\r\n',
      ':1\r\n',
      '*0\r\n',
      '+QUEUED\r\n',
      '-ERR no\r\n',
      '$2\r\nOK\r\n',
      '*2\r\n$1\r\nx\r\n:9\r\n',
      '*1\r\n'.repeat(5_000),
    ];
    for (const lie of lies) {
      const { store } = await start(topology, (port) => (command) => greet(command, port) ?? lie);
      await whenReady(store);
      const clock = systemClock;
      const events = createChannel<StoreEvent>();
      const bestEffort = createBestEffortStore(store, { clock, events, budgetMs: 250 });
      const shared = createSharedTokens({
        clock,
        events,
        store: bestEffort,
        secret: Buffer.from('0123456789abcdef'),
        keyPrefix: '',
      });
      let asked = 0;
      const obtain = () => {
        asked += 1;
        const now = clock.monotonic();
        return Promise.resolve(createAccessToken('token', now, now + 60_000));
      };
      const endpoint = { obtain, close: () => Promise.resolve() };
      const tokens = createTokenCache({ clock }).source({ endpoint, profile: [], shared, lockWaitMs: 100 });
      const credential = { clientId: 'app', clientSecret: new Secret('s') };
      expect(await tokens.get(credential), lie).toMatchObject({ kind: 'token', value: 'token' });
      expect(asked).toBe(1);
    }
  });
});

describe('a hostile node of a cluster', () => {
  const node = '*2\r\n$9\r\n127.0.0.1\r\n:PORT\r\n';
  const many = (count: number, item: (index: number) => string): string =>
    `*${count}\r\n${Array.from({ length: count }, (_, index) => item(index)).join('')}`;
  const maps: Readonly<Record<string, string>> = {
    'a range that never ends': `*1\r\n*3\r\n:0\r\n:9007199254740991\r\n${node}`,
    'a range that begins before it': `*1\r\n*3\r\n:-9007199254740991\r\n:1\r\n${node}`,
    'a range that ends before it begins': `*1\r\n*3\r\n:5\r\n:1\r\n${node}`,
    'every slot a thousand times': many(1_000, () => `*3\r\n:0\r\n:16383\r\n${node}`),
    'a range of names': `*1\r\n*3\r\n+a\r\n+b\r\n${node}`,
    'a null': '$-1\r\n',
    'a null array': '*-1\r\n',
    'a number': ':1\r\n',
    'a status': '+OK\r\n',
    'a list of nulls': '*2\r\n$-1\r\n*-1\r\n',
    'a list of numbers': '*2\r\n:1\r\n:2\r\n',
    'an empty range': '*1\r\n*0\r\n',
    'a node that is none': '*1\r\n*3\r\n:0\r\n:16383\r\n$-1\r\n',
    'a node that is a number': '*1\r\n*3\r\n:0\r\n:16383\r\n:1\r\n',
    'a node without a port': '*1\r\n*3\r\n:0\r\n:16383\r\n*1\r\n$9\r\n127.0.0.1\r\n',
    'a node on no port': '*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:99999\r\n',
    'ten thousand nodes': many(10_000, (index) => `*3\r\n:${index}\r\n:${index}\r\n*2\r\n$1\r\nh\r\n:${index + 1}\r\n`),
  }; // prettier-ignore

  it('is refused with an invalid slot map, and the process continues', async () => {
    for (const [what, map] of Object.entries(maps)) {
      const { store } = await start(
        'cluster',
        (port) => (command) => slots(map)(command, port) ?? greet(command, port) ?? '+OK\r\n',
      );
      const reason = await new Promise((resolve) =>
        store.onStateChange((ready, why) => resolve(ready ? 'ready' : why)),
      );
      expect(reason, what).toMatch(/^malformed reply|no node of the cluster can be reached/);
      await store.close();
      expect(uncaught, what).toEqual([]);
    }
  });
});

describe('an entry in Redis', () => {
  it('expires at its encrypted expiry, whatever its time to live', async () => {
    const redis = await startSingleRedis();
    closing.push(() => redis.close());
    const store = await whenReady(createRedisStore(redis.options));
    closing.push(() => store.close());
    const clock = createFakeClock(Date.now());
    const events = createChannel<StoreEvent>();
    const bestEffort = createBestEffortStore(store, { clock, events, budgetMs: 250 });
    const secret = Buffer.from('0123456789abcdef');
    const shared = createSharedTokens({ clock, events, store: bestEffort, secret, keyPrefix: 'gg:' });
    const key = shared.keyOf(['https://as.example', 'app']);
    const endMs = clock.monotonic() + 60_000;
    await shared.write(key, createAccessToken('token', clock.monotonic(), endMs));
    const sealed = (await store.get(key))!.value;
    const yearMs = 31_536_000_000;

    await store.set(key, sealed, yearMs);
    await clock.advance(59_999);
    expect(await shared.read(key)).toMatchObject({ value: 'token', expiresAtMs: endMs });
    await clock.advance(1);
    expect(await shared.read(key)).toBeUndefined();
    // Restored later, from a dump or on purpose.
    await redis.server.command('DEL', key);
    await clock.advance(3_600_000);
    await store.set(key, sealed, yearMs);
    expect(await redis.server.command('PTTL', key)).toBeGreaterThan(yearMs - 60_000);
    expect(await shared.read(key)).toBeUndefined();
    // Redis may expire it sooner.
    await shared.write(key, createAccessToken('next', clock.monotonic(), clock.monotonic() + 60_000));
    await redis.server.command('PEXPIRE', key, '30000');
    const read = await shared.read(key);
    expect(read).toMatchObject({ value: 'next' });
    expect((read as { expiresAtMs: number }).expiresAtMs - clock.monotonic()).toBeLessThanOrEqual(30_000);
  });
});
