import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createChannel } from '../../../../middleware/src/base/channel.ts';
import { createMemoryStore } from '../../../../middleware/src/cache/memory-store.ts';
import { createStores } from '../../../../middleware/src/cache/stores.ts';
import { loadIoredis } from '../../../../middleware/src/cache/redis/load-ioredis.ts';
import type { StoreEvent } from '../../../../middleware/src/cache/store-event.ts';
import { createDeferred } from '../../../../testkit/src/deferred.ts';
import { createFakeClock, type FakeClock } from '../../../../testkit/src/fake-clock.ts';
import { startSingleRedis } from '../../../../testkit/src/redis/redis.ts';
import { until } from '../../../../testkit/src/until.ts';
import { compileMiddlewares, startGatewayWith } from '../middlewares.testkit.ts';
import { createSharedSlots } from './slots.ts';

/** Processes that share slots, as workers do; `asked` counts the messages. */
function startWorkers(count: number, amount: number, clock: FakeClock) {
  const store = createMemoryStore({ clock });
  const state = { asked: 0, isAway: false };
  const workers = Array.from({ length: count }, (_, number) =>
    createSharedSlots(amount, clock, async (source, demand) => {
      state.asked += 1;
      return state.isAway ? undefined : store.occupy(source, String(number), demand);
    }),
  );
  return { workers, state };
}

describe('slots that workers share', () => {
  it('never lets more requests be in flight than the amount, and frees every slot', async () => {
    const step = fc.record({ worker: fc.nat(3), leaves: fc.boolean(), afterMs: fc.nat(3_000) });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(step, { minLength: 1, maxLength: 150 }),
        async (amount, steps) => {
          const clock = createFakeClock();
          const { workers } = startWorkers(4, amount, clock);
          const inFlight = [0, 0, 0, 0];
          for (const { worker, leaves, afterMs } of steps) {
            if (leaves && (inFlight[worker] ?? 0) > 0) {
              inFlight[worker] = (inFlight[worker] ?? 0) - 1;
              workers[worker]?.leave('one');
            } else if ((await workers[worker]?.enter('one')) === true)
              inFlight[worker] = (inFlight[worker] ?? 0) + 1;
            expect(inFlight.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(amount);
            await clock.advance(afterMs);
          }
          for (const [worker, count] of inFlight.entries())
            for (let number = 0; number < count; number += 1) workers[worker]?.leave('one');
          await clock.advance(10_000);
          const granted = await Promise.all(
            Array.from({ length: amount }, async () => workers[0]?.enter('one')),
          );
          expect(granted.every(Boolean)).toBe(true);
          expect(clock.pending()).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('grants exactly the amount to concurrent requests', async () => {
    const { workers } = startWorkers(4, 10, createFakeClock());
    const entered = Array.from({ length: 60 }, async (_, number) => workers[number % 4]?.enter('one'));
    expect((await Promise.all(entered)).filter(Boolean)).toHaveLength(10);
  });

  it('fetches few slots for many requests while most slots are free', async () => {
    const { workers, state } = startWorkers(4, 200, createFakeClock());
    for (let number = 0; number < 400; number += 1) {
      expect(await workers[number % 4]?.enter('one')).toBe(true);
      workers[number % 4]?.leave('one');
    }
    expect(state.asked).toBe(4);
  });

  it('frees the slots of a worker that has crashed within six seconds', async () => {
    const clock = createFakeClock();
    const { workers } = startWorkers(1, 2, clock);
    const store = createMemoryStore({ clock });
    const crashed = await store.occupy('one', 'gone', {
      ...{ amount: 2, used: 0, more: 2, spare: 0, ttlMs: 6_000 },
    });
    expect(crashed.granted).toBe(2);
    const alive = createSharedSlots(2, clock, (source, demand) => store.occupy(source, 'alive', demand));
    expect(await alive.enter('one')).toBe(false);
    await clock.advance(6_000);
    expect(await alive.enter('one')).toBe(true);
    // A running worker keeps its slot until its request ends.
    await workers[0]?.enter('one');
    await clock.advance(60_000);
    expect([await alive.enter('one'), await alive.enter('one')]).toEqual([true, false]);
  });

  it('counts alone without the store, and together again once it is back', async () => {
    const clock = createFakeClock();
    const { workers, state } = startWorkers(2, 2, clock);
    state.isAway = true;
    const alone = [];
    for (const worker of [0, 0, 0, 1]) alone.push(await workers[worker]?.enter('one'));
    expect(alone).toEqual([true, true, false, true]);
    state.isAway = false;
    await clock.advance(2_000);
    expect(await workers[1]?.enter('one')).toBe(false);
    workers[0]?.leave('one');
    workers[0]?.leave('one');
    await clock.advance(0);
    expect(await workers[1]?.enter('one')).toBe(true);
  });
});

describe('inFlightReq of several workers', () => {
  it('counts the requests of one source together, without callers that have disconnected', async () => {
    const clock = createFakeClock();
    const local = {
      ...{ store: createMemoryStore({ clock }), secret: Buffer.alloc(32) },
      events: createChannel<StoreEvent>(),
    };
    const begun = createDeferred();
    const finish = createDeferred();
    const startWorker = async () => {
      const { steps } = compileMiddlewares(
        { limit: { inFlightReq: { amount: 1 } } },
        clock,
        createStores({ clock, local }),
      );
      return startGatewayWith(
        {},
        {
          steps,
          respond: (request, response) => {
            if (request.url !== '/slow') return void response.end();
            begun.resolve();
            void finish.promise.then(() => response.end());
          },
        },
      );
    };
    const [first, second] = [await startWorker(), await startWorker()];
    const slow = first.send('/slow');
    await begun.promise;
    expect((await second.send('/')).status).toBe(429);
    finish.resolve();
    expect((await slow).status).toBe(200);
    expect((await second.send('/')).status).toBe(200);
  });

  it('frees the slot of a caller that disconnects during the request for the slot', async () => {
    const clock = createFakeClock();
    const store = createMemoryStore({ clock });
    const asked = createDeferred();
    const reply = createDeferred();
    const slowly: typeof store = {
      ...store,
      occupy: (...given) => (asked.resolve(), reply.promise.then(() => store.occupy(...given))),
    };
    const stores = createStores({
      clock,
      local: { store: slowly, secret: Buffer.alloc(32), events: createChannel<StoreEvent>() },
    });
    const { steps } = compileMiddlewares({ limit: { inFlightReq: { amount: 1 } } }, clock, stores);
    const { gateway, send } = await startGatewayWith({}, { steps });
    const controller = new AbortController();
    const gone = fetch(`http://127.0.0.1:${gateway.port}/`, { signal: controller.signal }).catch(
      () => 'gone',
    );
    await asked.promise;
    controller.abort();
    expect(await gone).toBe('gone');
    await gateway.recorded(1);
    reply.resolve();
    await until(async () => (await send('/')).status === 200);
    expect((await send('/')).status).toBe(200);
  });
});

describe('inFlightReq.redis', () => {
  it('counts the requests of all replicas together, and of each replica alone without Redis', async () => {
    const redis = await startSingleRedis();
    onTestFinished(() => redis.close());
    const [endpoint] = redis.options.endpoints;
    const events: StoreEvent[] = [];
    const startReplica = () => {
      const channel = createChannel<StoreEvent>();
      channel.subscribe((event) => void events.push(event));
      const clock = createFakeClock();
      const stores = createStores({ clock, eventsOf: () => channel });
      const options = {
        ...{ amount: 2, sourceCriterion: { requestHeaderName: 'X-Key' } },
        redis: { endpoints: [`${endpoint?.host ?? ''}:${endpoint?.port ?? 0}`] },
      };
      const { steps, problems } = compileMiddlewares({ limit: { inFlightReq: options } }, clock, stores);
      expect(problems).toEqual([]);
      const [step] = steps;
      if (step === undefined) throw new Error('no step');
      onTestFinished(() => step.close?.());
      return { step, stores };
    };
    const replicas = [startReplica(), startReplica()];
    await Promise.all(replicas.map(({ stores }) => stores.started()));
    const begin = async (replica: number, key: string) => {
      const request = { header: () => key, facts: {} } as never;
      const result = await replicas[replica]?.step.onRequest(request);
      return { allowed: result?.allowed, end: () => replicas[replica]?.step.onEnd?.(request, 200) };
    };
    const [first, second, third] = [await begin(0, 'one'), await begin(1, 'one'), await begin(0, 'one')];
    expect([first.allowed, second.allowed, third.allowed]).toEqual([true, true, false]);
    expect((await begin(0, 'two')).allowed).toBe(true);
    second.end();
    await until(async () => (await begin(0, 'one')).allowed === true);
    const client = new (loadIoredis().Redis)(endpoint?.port ?? 0);
    expect(await client.hlen('inflight:limit@file:one')).toBe(1);
    expect(await client.pttl('inflight:limit@file:one')).toBeGreaterThan(3_000);
    client.disconnect();
    await redis.close();
    await until(() => events.some((event) => event.kind === 'state' && !event.ready));
    const alone = [];
    for (let number = 0; number < 3; number += 1) alone.push((await begin(1, 'three')).allowed);
    expect(alone).toEqual([true, true, false]);
  });
});
