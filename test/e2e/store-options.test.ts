import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../packages/testkit/src/until.ts';
import type { SingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import { startSingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import type { TestGateway } from './gateway.testkit.ts';
import type { SharedGateways } from './shared-gateways.testkit.ts';
import { call, startSharedGateways, storeTroubles, untilStore } from './shared-gateways.testkit.ts';

let fleet: SharedGateways;
let redis: SingleRedis;
beforeAll(async () => void (fleet = await startSharedGateways()));
afterAll(() => fleet.close());
beforeEach(async () => void (redis = await startSingleRedis()));
afterEach(async () => {
  await fleet.part();
  await redis.close();
});

async function join(timeoutMs: number, secrets?: readonly string[]): Promise<TestGateway> {
  const gateway = await fleet.join({ ...redis.options, timeoutMs }, undefined, secrets);
  await untilStore(gateway, 'available');
  return gateway;
}

/** Tokens and locks in Redis. */
const countKeys = async (): Promise<number> =>
  ((await redis.server.command('KEYS', 'gg:*')) as string[]).length;

describe('store.redis.timeout', () => {
  it('limits how long a request waits for a slow Redis before it continues without it', async () => {
    const [first, patient, usual, hasty] = await Promise.all([10_000, 10_000, 250, 50].map((ms) => join(ms)));
    const caller = fleet.createCaller();
    expect(await call(first!, caller)).toBe(200);
    await until(async () => (await countKeys()) === 1);
    redis.server.freeze();
    onTestFinished(() => redis.server.thaw());
    const waiting = call(patient!, caller);
    expect(await call(hasty!, caller)).toBe(200);
    expect(storeTroubles(hasty!)).toContain('get: no response within 50 ms');
    expect(await call(usual!, caller)).toBe(200);
    expect(storeTroubles(usual!)).toContain('get: no response within 250 ms');
    expect(fleet.tokenRequestsOf(caller.id)).toBe(3);
    redis.server.thaw();
    // The token of the first gateway, which was in Redis all the time.
    expect(await waiting).toBe(200);
    expect(fleet.tokenRequestsOf(caller.id)).toBe(3);
    expect(storeTroubles(patient!)).toEqual([]);
  });
});

describe('a store', () => {
  it('informs every gateway that the authorization server limits a credential', async () => {
    const caller = fleet.createCaller();
    const [one, two] = [await join(10_000), await join(10_000)];
    fleet.server.limit(caller.id, 600);
    for (const gateway of [one, two, one, two]) expect(await call(gateway, caller)).toBe(503);
    expect(fleet.tokenRequestsOf(caller.id)).toBe(1);
    // No other request waits.
    expect(await call(two, fleet.createCaller())).toBe(200);
    expect(await call(await join(10_000), caller)).toBe(503);
    expect(fleet.tokenRequestsOf(caller.id)).toBe(1);
  });
});

describe('store.secrets', () => {
  const [old, fresh] = ['o'.repeat(32), 'n'.repeat(16)] as const;

  it('change in two gateways, one after the other, and no token is requested twice', async () => {
    const joinWith = (secrets: readonly string[]): Promise<TestGateway> => join(10_000, secrets);
    const gateways = [await joinWith([old]), await joinWith([old])];
    const callers = Array.from({ length: 10 }, () => fleet.createCaller());
    const callAll = async (): Promise<void> => {
      for (const gateway of gateways)
        expect(await Promise.all(callers.map((caller) => call(gateway, caller)))).toEqual(
          callers.map(() => 200),
        );
    };
    await callAll();
    for (const secrets of [[old, fresh], [fresh, old], [fresh]]) {
      for (const index of [0, 1]) {
        const replaced = gateways[index]!;
        gateways[index] = await joinWith(secrets);
        await replaced.close();
        // A credential that is new to both while they differ, from either of them.
        const [newcomer, other] = [fleet.createCaller(), fleet.createCaller()];
        const [one, two] = gateways as [TestGateway, TestGateway];
        await Promise.all([call(one, newcomer), call(two, newcomer), call(two, other), call(one, other)]);
        callers.push(newcomer, other);
        await callAll();
      }
      // Written again beside the requests: all except the last two, which no gateway stored under the old secret.
      if (secrets[1] === old) await until(async () => (await countKeys()) === 2 * callers.length - 2);
    }
    expect(callers.map(({ id }) => fleet.tokenRequestsOf(id))).toEqual(callers.map(() => 1));
    expect(gateways.flatMap(storeTroubles)).toEqual([]);
  });

  it('lose the tokens of a secret that is replaced at once, as with store.secret', async () => {
    const caller = fleet.createCaller();
    expect(await call(await join(10_000, [old]), caller)).toBe(200);
    expect(await call(await join(10_000, [fresh]), caller)).toBe(200);
    expect(fleet.tokenRequestsOf(caller.id)).toBe(2);
  });
});
