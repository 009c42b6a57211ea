import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createChannel } from '../../../../middleware/src/base/channel.ts';
import { createFakeClock, type FakeClock } from '../../../../testkit/src/fake-clock.ts';
import { until } from '../../../../testkit/src/until.ts';
import { createMemoryStore } from '../../../../middleware/src/cache/memory-store.ts';
import { loadIoredis } from '../../../../middleware/src/cache/redis/load-ioredis.ts';
import { startSingleRedis } from '../../../../testkit/src/redis/redis.ts';
import type { StoreEvent } from '../../../../middleware/src/cache/store-event.ts';
import { createStores } from '../../../../middleware/src/cache/stores.ts';
import { createTokenBucket, maxSpareOf, takeToken } from '../../../../middleware/src/cache/token-bucket.ts';
import { allow } from '../../entrypoints/entry-point.testkit.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import { formatGoDuration } from './kind.ts';
import { createLocalRate, createSharedRate, type TakeTurn } from './rate.ts';

/** Processes that share one bucket for each source, as workers do; `asked` counts the messages. */
function startWorkers(count: number, limits: Parameters<typeof createLocalRate>[0], clock: FakeClock) {
  const store = createMemoryStore({ clock });
  const counts = { asked: 0 };
  const workers = Array.from({ length: count }, () =>
    createSharedRate(
      limits,
      clock,
      (source) => {
        counts.asked += 1;
        return store.take(source, limits);
      },
      () => Infinity,
    ),
  );
  return { workers, counts };
}

describe('a rate that workers share', () => {
  it('lets pass at most one bucket and a sixteenth of it per worker', async () => {
    const step = fc.record({ worker: fc.nat(3), afterMs: fc.nat(40) });
    const given = fc.record({
      perMs: fc.double({ min: 0.01, max: 1, noNaN: true }),
      size: fc.integer({ min: 1, max: 200 }),
    });
    await fc.assert(
      fc.asyncProperty(given, fc.array(step, { minLength: 1, maxLength: 120 }), async (rate, steps) => {
        const limits = { ...rate, maxWaitMs: 0 };
        const clock = createFakeClock();
        const { workers } = startWorkers(4, limits, clock);
        const passed: number[] = [];
        let now = 0;
        for (const { worker, afterMs } of steps) {
          now += afterMs;
          await clock.advance(afterMs);
          if ((await workers[worker]?.('one')) === 0) passed.push(now);
        }
        // Between any two of them.
        for (const [first, from] of passed.entries())
          for (const [at, to] of passed.entries())
            expect(at - first + 1).toBeLessThanOrEqual(
              limits.size +
                4 * maxSpareOf(limits) +
                (to - from) * limits.perMs +
                1e-6 +
                (at < first ? Infinity : 0),
            );
      }),
      { numRuns: 30 },
    );
  });

  it('grants the whole rate, and nearly the whole burst', async () => {
    const limits = { perMs: 0.1, size: 100, maxWaitMs: 0 };
    const clock = createFakeClock();
    const { workers } = startWorkers(4, limits, clock);
    const send = async (): Promise<number> => {
      const waits = [];
      for (let number = 0; number < 200; number += 1) waits.push(await workers[number % 4]?.('one'));
      return waits.filter((wait) => wait === 0).length;
    };
    const burst = await send();
    expect(burst).toBeGreaterThanOrEqual(80);
    expect(burst).toBeLessThanOrEqual(100);
    let later = 0;
    for (let second = 0; second < 5; second += 1) {
      await clock.advance(1_000);
      later += await send();
    }
    expect(later).toBeGreaterThanOrEqual(5 * 80);
    expect(later).toBeLessThanOrEqual(500);
  });

  it('needs few messages for many requests below the limit, and one for those above it', async () => {
    const clock = createFakeClock();
    const busy = startWorkers(4, { perMs: 0.1, size: 100, maxWaitMs: 0 }, clock);
    for (let number = 0; number < 400; number += 1) {
      await busy.workers[number % 4]?.('one');
      await clock.advance(20);
    }
    expect(busy.counts.asked).toBeLessThan(65);
    const empty = startWorkers(1, { perMs: 0.001, size: 1, maxWaitMs: 0 }, clock);
    const waits = [];
    for (let number = 0; number < 100; number += 1) waits.push(await empty.workers[0]?.('one'));
    expect(empty.counts.asked).toBe(2);
    expect([waits[0], waits[1], waits[99]]).toEqual([0, 1000, 1000]);
    await clock.advance(400);
    expect(await empty.workers[0]?.('one')).toBe(600);
    await clock.advance(600);
    expect(await empty.workers[0]?.('one')).toBe(0);
    expect(empty.counts.asked).toBe(3);
  });

  it('decides at once from its lease, and from its own bucket without the store', async () => {
    const clock = createFakeClock();
    const limits = { perMs: 0.001, size: 100, maxWaitMs: 0 };
    const { workers } = startWorkers(1, limits, clock);
    expect(workers[0]?.('one')).toBeInstanceOf(Promise);
    await clock.advance(0);
    expect(workers[0]?.('one')).toBe(0);
    const local = createLocalRate({ ...limits, size: 1 }, clock);
    const alone: TakeTurn = createSharedRate(limits, clock, () => Promise.resolve(undefined), local);
    expect([await alone('one'), await alone('one')]).toEqual([0, 1000]);
  });
});

describe('rateLimit of several workers', () => {
  it('counts the requests of one client together', async () => {
    const clock = createFakeClock();
    const local = {
      store: createMemoryStore({ clock }),
      secret: Buffer.alloc(32),
      events: createChannel<StoreEvent>(),
    };
    const options = { average: 1, period: '1h', burst: 3, sourceCriterion: { requestClientID: true } };
    const startWorker = async () => {
      const { steps } = compileMiddlewares(
        { limit: { rateLimit: options } },
        clock,
        createStores({ clock, local }),
      );
      return startGatewayWith({}, { steps: [() => allow(), ...steps] });
    };
    const workers = [await startWorker(), await startWorker()];
    const statuses = [];
    for (let number = 0; number < 5; number += 1)
      statuses.push((await workers[number % 2]?.send('/'))?.status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    const refused = await workers[0]?.send('/');
    expect(valuesOf(refused?.headers, 'x-retry-in')).toEqual(['1h0m0s']);
    expect(valuesOf(refused?.headers, 'retry-after')).toEqual(['3600']);
  });
});

describe('rateLimit.redis', () => {
  it('counts the requests of all replicas together, in the keys of Traefik, and continues without Redis', async () => {
    const redis = await startSingleRedis();
    onTestFinished(() => redis.close());
    const [endpoint] = redis.options.endpoints;
    const events: StoreEvent[] = [];
    const startReplica = () => {
      const clock = createFakeClock();
      const channel = createChannel<StoreEvent>();
      channel.subscribe((event) => void events.push(event));
      const stores = createStores({ clock, eventsOf: () => channel });
      const options = {
        ...{ average: 1, period: '1h', burst: 3, sourceCriterion: { requestHeaderName: 'X-Key' } },
        redis: { endpoints: [`${endpoint?.host ?? ''}:${endpoint?.port ?? 0}`] },
      };
      const { steps, problems } = compileMiddlewares({ limit: { rateLimit: options } }, clock, stores);
      expect(problems).toEqual([]);
      const [step] = steps;
      if (step === undefined) throw new Error('no step');
      onTestFinished(() => step.close?.());
      return { step, stores, clock };
    };
    const replicas = [startReplica(), startReplica()];
    await Promise.all(replicas.map(({ stores }) => stores.started()));
    const isAllowed = async (replica: number, key: string): Promise<boolean | undefined> => {
      const request = { header: () => key, facts: {} } as never;
      return (await replicas[replica]?.step.onRequest(request))?.allowed;
    };
    const allowed = [];
    for (const replica of [0, 1, 0, 1, 0]) allowed.push(await isAllowed(replica, 'one'));
    expect(allowed).toEqual([true, true, true, false, false]);
    expect(await isAllowed(1, 'two')).toBe(true);
    const client = new (loadIoredis().Redis)(endpoint?.port ?? 0);
    expect(await client.hkeys('rate:limit@file:one')).toEqual(['last', 'tokens']);
    client.disconnect();
    await redis.close();
    await until(() => events.some((event) => event.kind === 'state' && !event.ready));
    // Its own bucket, which is full.
    const alone = [];
    for (let number = 0; number < 4; number += 1) alone.push(await isAllowed(0, 'three'));
    expect(alone).toEqual([true, true, true, false]);
  });

  it('reports problems with their positions', () => {
    const { problems } = compileMiddlewares(`
a: { rateLimit: { average: 1, redis: { endpoints: ['no port'], username: u, tls: { cert: '-----BEGIN' } } } }
b: { rateLimit: { average: 1, redis: { poolSize: 10, dialTimeout: 5s } } }`);
    expect(problems).toEqual([
      expect.stringContaining('a@file.redis.endpoints[0]: expected host:port or [IPv6]:port'),
      expect.stringContaining('a@file.redis.username: password is missing'),
      expect.stringContaining('a@file.redis.tls.cert: key is missing'),
      expect.stringContaining('a@file.redis.tls.cert: expected a PEM certificate'),
    ]);
  });
});

describe('X-Retry-In', () => {
  it.each([
    [9_800, '9.8s'],
    [0.5, '500µs'],
    [250.125, '250.125ms'],
    [60_500, '1m0.5s'],
    [3_723_000, '1h2m3s'],
    [0, '0s'],
  ])('writes %d ms as Go does: %s', (ms, expected) => {
    expect(formatGoDuration(ms)).toBe(expected);
  });
});

describe('one bucket', () => {
  it('decides as golang.org/x/time/rate does with the limits of Traefik', () => {
    // average 10, burst 2: a request waits for at most 50 ms.
    const limits = { perMs: 0.01, size: 2, maxWaitMs: 50 };
    const bucket = createTokenBucket(limits, 0);
    const waits = [0, 0, 0, 60, 60, 110].map((now) => takeToken(bucket, limits, now, false).waitMs);
    expect(waits.map(Math.round)).toEqual([0, 0, 100, 40, 140, 90]);
  });
});
