import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { calculateJwkThumbprint, decodeJwt, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startEchoServer,
  valuesOf,
  type Echo,
  type EchoServer,
} from '../../packages/testkit/src/echo-server.ts';
import { startSingleRedis, type SingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import { startTokenServer, type TokenServer } from '../../packages/testkit/src/token-server.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';
import { sharedEnv, untilStore, whileStoresAreQuick } from './shared-gateways.testkit.ts';
import { serve, untilServing, visit, type Serving } from './workers.testkit.ts';

const own = { clientId: 'gateway', clientSecret: 'gateway-secret' };
const ada = { clientId: 'ada', clientSecret: 'ada-secret' };
const bob = { clientId: 'bob', clientSecret: 'bob-secret' };
const [issuerKey, callerKey] = await Promise.all([generateKeyPair('ES256'), generateKeyPair('ES256')]);
const publicKey = await exportSPKI(issuerKey.publicKey);
let server: TokenServer;
beforeAll(async () => {
  server = await startTokenServer([own, ada, bob]);
});
afterAll(() => server.close());

/** @param more options of every middleware. */
const toMiddlewares = (more: object) => {
  const client = { clientID: own.clientId, clientSecret: own.clientSecret, ...more };
  const named = { forwardHeaders: { 'X-User': 'client_id' } };
  return {
    introspection: {
      plugin: { oAuthIntrospection: { ...client, clientConfig: { url: server.introspectionUrl }, ...named } },
    },
    exchange: {
      plugin: {
        oAuthTokenExchange: {
          ...client,
          ...{ url: server.url, rfc8693: { audience: 'urn:orders' }, forwardHeaders: { 'X-User': 'sub' } },
        },
      },
    },
    proof: {
      plugin: {
        jwt: { publicKey, issuers: ['https://as.example'], audience: [], requireBinding: 'dpop', ...more },
      },
    },
  };
};

const toRoutes = (url: string, middlewares: object) => ({
  http: {
    routers: Object.fromEntries(
      Object.keys(middlewares).map((name) => [
        name,
        { rule: `PathPrefix(\`/${name}\`)`, middlewares: [name], service: 'echo' },
      ]),
    ),
    middlewares,
    services: { echo: { loadBalancer: { servers: [{ url }] } } },
  },
});

const introspections = (): number =>
  server.requests.filter(({ path }) => path === '/token/introspection').length;
const exchanges = (): number =>
  server.requests.filter(({ path, client }) => path === '/token' && client === own.clientId).length;

/** Headers of a request for `http://api.example/proof` with a token that is bound to the caller's key, and a proof for it. */
async function createProof() {
  const jwk = await exportJWK(callerKey.publicKey);
  const token = await new SignJWT({ sub: 'ada', cnf: { jkt: await calculateJwkThumbprint(jwk) } })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' })
    .setIssuer('https://as.example')
    .setExpirationTime('5m')
    .sign(issuerKey.privateKey);
  const proof = await new SignJWT({
    ...{ jti: randomUUID(), htm: 'GET', htu: 'http://api.example/proof' },
    ath: createHash('sha256').update(token).digest('base64url'),
  })
    .setIssuedAt()
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
    .sign(callerKey.privateKey);
  return { host: 'api.example', authorization: `DPoP ${token}`, dpop: proof };
}

describe('two gateways that share Redis', () => {
  let redis: SingleRedis;
  let service: EchoServer;
  let gateways: readonly TestGateway[] = [];
  beforeAll(async () => {
    redis = await startSingleRedis();
    service = await startEchoServer();
    const store = {
      keyPrefix: 'gg:',
      secret: 'urn:env:STORE_SECRET',
      redis: { endpoints: [`${redis.server.host}:${redis.server.port}`] },
    };
    const routes = { 'routes.yaml': JSON.stringify(toRoutes(service.url, toMiddlewares({ store }))) };
    gateways = await Promise.all([1, 2].map(() => startTestGateway({ routes, env: sharedEnv })));
    await Promise.all(gateways.map((gateway) => untilStore(gateway, 'available')));
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway.close()));
    await service.close();
    await redis.close();
  });

  const call = async (at: number, path: string, headers: Record<string, string>) => {
    const response = await request(`${gateways[at % 2]!.url}/${path}`, { headers });
    return { status: response.statusCode, text: await response.body.text() };
  };
  const callWith = (at: number, path: string, token: string) =>
    call(at, path, { authorization: `Bearer ${token}` });
  const statusesOf = (responses: readonly { readonly status: number }[]) =>
    new Set(responses.map(({ status }) => status));

  /** Repeats it if the store was slow, because then each gateway requests its own token. */
  const measure = (act: () => Promise<unknown>, read: () => number): Promise<number> =>
    whileStoresAreQuick(
      () => gateways,
      async () => {
        const before = read();
        await act();
        return read() - before;
      },
    );

  /** Waits until there are no more requests and writes. */
  const untilStored = (): Promise<readonly string[]> =>
    until(async () => {
      const names = (await redis.server.command('KEYS', 'gg:*')) as string[];
      return names.length > 0 && names.every((name) => !name.endsWith(':lock')) && names;
    });

  it('introspect a token once, and store nothing readable of it', async () => {
    const tokens: string[] = [];
    const asked = await measure(async () => {
      const token = await server.issue(ada);
      tokens.push(token);
      const responses = await Promise.all(
        Array.from({ length: 40 }, (_, at) => callWith(at, 'introspection', token)),
      );
      expect(statusesOf(responses)).toEqual(new Set([200]));
      for (const { text } of responses) expect(valuesOf(JSON.parse(text) as Echo, 'x-user')).toEqual(['ada']);
    }, introspections);
    expect(asked).toBe(1);
    const dump = await Promise.all(
      (await untilStored()).map(async (key) => {
        expect(Number(await redis.server.command('PTTL', key))).toBeGreaterThan(0);
        return `${key} ${String(await redis.server.command('GET', key))}`;
      }),
    );
    expect(dump.length).toBeGreaterThan(0);
    for (const text of [...tokens, 'ada', 'active', own.clientSecret, server.introspectionUrl])
      expect(dump.join('\n')).not.toContain(text);
  });

  it('share the result that a token is not active', async () => {
    const asked = await measure(async () => {
      const guess = randomUUID();
      expect((await callWith(0, 'introspection', guess)).status).toBe(401);
      await untilStored();
      expect((await callWith(1, 'introspection', guess)).status).toBe(401);
    }, introspections);
    expect(asked).toBe(1);
  });

  it('exchange each token once, and never mix up those of two callers', async () => {
    const exchanged = await measure(async () => {
      const tokens = { ada: await server.issue(ada), bob: await server.issue(bob) };
      const calls = Array.from({ length: 80 }, (_, at) => (at % 4 < 2 ? ('ada' as const) : ('bob' as const)));
      const responses = await Promise.all(
        calls.map((caller, at) => callWith(at, 'exchange', tokens[caller])),
      );
      expect(statusesOf(responses)).toEqual(new Set([200]));
      for (const [at, caller] of calls.entries()) {
        const echo = JSON.parse(responses[at]!.text) as Echo;
        const [authorization = ''] = valuesOf(echo, 'authorization');
        expect(decodeJwt(authorization.replace('Bearer ', '')).sub).toBe(caller);
        expect(valuesOf(echo, 'x-user')).toEqual([caller]);
      }
    }, exchanges);
    expect(exchanged).toBe(2);
  });

  it('accept a proof once', async () => {
    const accept = async (times: number): Promise<number> => {
      const proof = await createProof();
      const responses = await Promise.all(Array.from({ length: times }, (_, at) => call(at, 'proof', proof)));
      return responses.filter(({ status }) => status === 200).length;
    };
    // The first proof connects each gateway to the store; without a connection, each remembers only its own proofs.
    await until(async () => (await accept(2)) === 1);
    const accepted = await whileStoresAreQuick(
      () => gateways,
      () => accept(20),
    );
    expect(accepted).toBe(1);
    for (const at of [0, 1]) expect((await call(at, 'proof', await createProof())).status).toBe(200);
  });
});

describe('two workers, as built', () => {
  let upstream: Server;
  let serving: Serving;
  beforeAll(async () => {
    upstream = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
    serving = await untilServing(
      serve(
        { entryPoints: { web: { address: '127.0.0.1:0' } }, workers: 2, log: { level: 'debug' } },
        toRoutes(url, toMiddlewares({})),
      ),
    );
  });
  afterAll(() => {
    serving.close();
    upstream.closeAllConnections();
    upstream.close();
  });

  // Each on its own connection: the primary hands connections to the workers in turn.
  const agent = new Agent();
  const callAll = (path: string, headers: Readonly<Record<string, string>>, times = 20) =>
    Promise.all(Array.from({ length: times }, () => visit(`${serving.url}/${path}`, agent, headers)));
  const troubles = (): number =>
    serving.logged('token store of the workers failed').length +
    serving.logged('token store of the workers unavailable').length;
  /** Repeated if the machine was too busy for the store that the workers share. */
  const whileQuick = (act: () => Promise<number>): Promise<number> =>
    until(async () => {
      const before = troubles();
      const asked = await act();
      return troubles() === before && { asked };
    }).then(({ asked }) => asked);

  it.each([
    ['ask about a token once', 'introspection', introspections],
    ['exchange a token once', 'exchange', exchanges],
  ] as const)('%s', async (_name, middleware, read) => {
    const asked = await whileQuick(async () => {
      const headers = { authorization: `Bearer ${await server.issue(ada)}` };
      const before = read();
      expect(new Set(await callAll(middleware, headers))).toEqual(new Set([200]));
      return read() - before;
    });
    expect(asked).toBe(1);
  });

  it('share the result that a token is not active', async () => {
    const asked = await whileQuick(async () => {
      const headers = { authorization: `Bearer ${randomUUID()}` };
      const before = introspections();
      expect(new Set(await callAll('introspection', headers))).toEqual(new Set([401]));
      return introspections() - before;
    });
    expect(asked).toBe(1);
  });

  it('accept a proof once', async () => {
    const accepted = await whileQuick(async () => {
      const statuses = await callAll('proof', await createProof());
      expect(new Set(statuses)).toEqual(new Set([200, 401]));
      return statuses.filter((status) => status === 200).length;
    });
    expect(accepted).toBe(1);
  });
});
