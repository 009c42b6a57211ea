import { request } from 'undici';
import { expect, vi } from 'vitest';
import type { RedisStoreOptions } from '../../packages/middleware/src/cache/redis/options.ts';
import { until } from '../../packages/testkit/src/until.ts';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

/** A caller with its own credentials, so that no token of another caller is used. */
export interface Caller {
  readonly id: string;
  readonly headers: { readonly authorization: string };
}

export interface Load {
  /** Ends it; expects that all responses were 200, and that one token was requested for each credential. */
  stop(): Promise<void>;
}

/** Gateways that share a Redis, with their authorization server and service. */
export interface SharedGateways {
  readonly server: AuthorizationServer;
  readonly upstream: EchoServer;
  /** Starts one more. @param keyPrefix default `gg:`; with a `{tag}`, all keys are in one slot of a cluster. @param secrets instead of the secret that all have. */
  join(redis: RedisStoreOptions, keyPrefix?: string, secrets?: readonly string[]): Promise<TestGateway>;
  createCaller(): Caller;
  tokenRequestsOf(id: string): number;
  /** Keeps `width` requests in flight, by credentials old and new, until it is stopped. */
  load(gateway: TestGateway, width?: number): Load;
  /** Waits until the service has received a number of further requests. */
  untilServed(count: number): Promise<void>;
  /** Waits until `two` uses a token that `one` requested for a new credential. */
  untilShared(one: TestGateway, two: TestGateway): Promise<void>;
  /** Ends the loads and closes the gateways. */
  part(): Promise<void>;
  /** Closes everything. */
  close(): Promise<void>;
}

const waiting = { timeout: 60_000 };

/** Sends one request, and returns the status. */
export async function call(gateway: { readonly url: string }, { headers }: Caller): Promise<number> {
  const answer = await request(gateway.url, { headers });
  await answer.body.dump();
  return answer.statusCode;
}

/** A gateway with a readable log, in this process or in its own. */
export interface LoggingGateway {
  readonly log: { readonly lines: () => readonly string[] };
}

/** Waits until the log contains it. */
export const untilLogged = (gateway: LoggingGateway, text: string): Promise<void> =>
  vi.waitFor(() => expect(gateway.log.lines().join('\n')).toContain(text), waiting);

/** Waits until the last line of the log about the store reports that it is usable, or that it is not. */
export const untilStore = (gateway: LoggingGateway, state: 'available' | 'unavailable'): Promise<void> =>
  vi.waitFor(() => {
    const words = gateway.log.lines().filter((line) => /token store (?:un)?available/.test(line));
    expect(words.at(-1)).toContain(`token store ${state}`);
  }, waiting);

/** Messages of the log: reasons for failed operations of the store, or for a pause in its use. */
export const storeTroubles = ({ log }: LoggingGateway): readonly string[] =>
  log
    .lines()
    .map((line) => JSON.parse(line) as { msg: string; operation?: string; reason?: string })
    .filter(({ msg }) => /token store (?:failed|unavailable)/.test(msg))
    .map(({ operation = 'state', reason }) => `${operation}: ${String(reason)}`);

/** Messages of the log: effects of a busy machine on any store. */
export const slowness = /: (?:no response within 250 ms|(?:Redis: )?(?:time-out|connection closed))$/;

/**
 * Repeats an action until the stores of `gateways()` responded in time during it. On a machine that is too busy for that, each
 * gateway requests its own token.
 */
export function whileStoresAreQuick<T>(
  gateways: () => readonly LoggingGateway[],
  act: () => Promise<T>,
): Promise<T> {
  const delays = (): number =>
    gateways()
      .flatMap(storeTroubles)
      .filter((trouble) => slowness.test(trouble)).length;
  return until(async () => {
    // After a time-out, the store is not used until it is ready again, without a message.
    for (const gateway of gateways()) await untilStore(gateway, 'available');
    const before = delays();
    const done = await act();
    return delays() === before && { done };
  }).then(({ done }) => done);
}

/** Routes, as JSON, which YAML includes; `STORE_SECRET` and what the Redis needs come from the environment. */
export function sharedRoutes(
  url: string,
  upstream: string,
  redis: RedisStoreOptions,
  keyPrefix: string,
  secrets?: readonly string[],
): string {
  const { endpoints, username, password, cluster, sentinel, timeoutMs } = redis;
  const store = {
    keyPrefix,
    ...(secrets === undefined ? { secret: 'urn:env:STORE_SECRET' } : { secrets }),
    redis: {
      endpoints: endpoints.map(({ host, port }) => `${host}:${port}`),
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password: password.reveal() }),
      timeout: `${timeoutMs}ms`,
      ...(cluster ? { cluster } : {}),
      ...(sentinel === undefined ? {} : { sentinel: { masterSet: sentinel.masterSet } }),
    },
  };
  return JSON.stringify({
    http: {
      routers: { api: { rule: 'PathPrefix(`/`)', middlewares: ['callers'], service: 'api' } },
      middlewares: { callers: { plugin: { oAuthClientCredentials: { url, store } } } },
      services: { api: { loadBalancer: { servers: [{ url: upstream }] } } },
    },
  });
}

export const sharedEnv = { STORE_SECRET: '0123456789abcdef0123456789abcdef' };

export async function startSharedGateways(): Promise<SharedGateways> {
  const server = await startAuthorizationServer({ clients: [] });
  const upstream = await startEchoServer();
  const gateways: TestGateway[] = [];
  let callers = 0;

  const createCaller = (): Caller => {
    const id = `client-${(callers += 1)}`;
    server.setClient({ clientId: id, clientSecret: `${id}-secret`, claims: { grp: 'admin' } });
    const basic = Buffer.from(`${id}:${id}-secret`).toString('base64');
    return { id, headers: { authorization: `Basic ${basic}` } };
  };
  const tokenRequestsOf = (id: string): number =>
    server.tokenRequests.filter(({ clientId }) => clientId === id).length;
  const loads: (() => Promise<unknown>)[] = [];
  const part = async (): Promise<void> => {
    await Promise.all(loads.splice(0).map((end) => end()));
    await Promise.all(gateways.splice(0).map((gateway) => gateway.close()));
  };

  return {
    server,
    upstream,
    async join(redis, keyPrefix = 'gg:', secrets) {
      const gateway = await startTestGateway({
        routes: { 'api.yaml': sharedRoutes(server.url, upstream.url, redis, keyPrefix, secrets) },
        env: sharedEnv,
      });
      gateways.push(gateway);
      return gateway;
    },
    createCaller,
    tokenRequestsOf,
    load(gateway, width = 16) {
      const statuses = new Set<number>();
      const warm = createCaller();
      const seen = new Set([warm.id]);
      let running = true;
      const run = async (): Promise<void> => {
        for (let count = 0; running; count += 1) {
          const caller = count % 25 === 24 ? createCaller() : warm;
          seen.add(caller.id);
          statuses.add(await call(gateway, caller));
        }
      };
      const runs = Array.from({ length: width }, run);
      const end = (): Promise<unknown> => {
        running = false;
        return Promise.all(runs);
      };
      loads.push(end);
      return {
        async stop() {
          await end();
          expect([...statuses]).toEqual([200]);
          const asked = server.tokenRequests.filter(({ clientId = '' }) => seen.has(clientId));
          expect(asked).toHaveLength(seen.size);
        },
      };
    },
    untilServed(count) {
      const target = upstream.received.length + count;
      return vi.waitFor(() => expect(upstream.received.length).toBeGreaterThan(target), waiting);
    },
    untilShared: (one, two) =>
      vi.waitFor(async () => {
        const caller = createCaller();
        expect(await call(one, caller)).toBe(200);
        expect(await call(two, caller)).toBe(200);
        expect(tokenRequestsOf(caller.id)).toBe(1);
      }, waiting),
    part,
    async close() {
      await part();
      await upstream.close();
      await server.close();
    },
  };
}
