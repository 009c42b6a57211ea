import { readFile } from 'node:fs/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startEchoServer,
  valuesOf,
  type Echo,
  type EchoServer,
} from '../../packages/testkit/src/echo-server.ts';
import { startTokenServer, type TokenServer } from '../../packages/testkit/src/token-server.ts';
import { createExtAuthzClient } from '../conformance/ext-authz-client.testkit.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

const own = { clientId: 'gateway', clientSecret: 'gateway-secret' };
const ada = { clientId: 'ada', clientSecret: 'ada-secret' };
const bob = { clientId: 'bob', clientSecret: 'bob-secret' };
let server: TokenServer;
let service: EchoServer;
let gateway: TestGateway;
beforeAll(async () => {
  server = await startTokenServer([own, ada, bob]);
  service = await startEchoServer();
  const example = await readFile(
    new URL('../../examples/token-exchange/routes.yaml', import.meta.url),
    'utf8',
  );
  gateway = await startTestGateway({
    routes: {
      'routes.yaml': example
        .replaceAll('https://as.example.com', server.issuer)
        .replaceAll('localhost:8080', `localhost:${service.port}`),
    },
    env: { CLIENT_ID: own.clientId, CLIENT_SECRET: own.clientSecret },
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  forwardAuth: { address: "127.0.0.1:0" }
  extAuthz: { address: "127.0.0.1:0", extAuthz: { middleware: on-behalf } }
accessLog: { format: json }
log: { level: debug }
metrics: { prometheus: {} }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await service.close();
  await server.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const claimsOf = (authorization: string | null | undefined) =>
  decodeJwt((authorization ?? '').replace('Bearer ', ''));
const forUser = (sub: string) => ({ sub, client_id: 'gateway', aud: 'urn:orders', act: { sub: 'gateway' } });

describe('examples/token-exchange', () => {
  it('gives the service one token per caller, and logs who called', async () => {
    const tokens = { ada: await server.issue(ada), bob: await server.issue(bob) };
    const calls = Array.from({ length: 40 }, (_, at) => (at % 2 === 0 ? ('ada' as const) : ('bob' as const)));
    const echoes = await Promise.all(
      calls.map(async (name) => {
        const response = await fetch(`${gateway.url}/orders/1`, { headers: bearer(tokens[name]) });
        return (await response.json()) as Echo;
      }),
    );
    for (const [at, name] of calls.entries()) {
      const echo = echoes[at]!;
      expect(claimsOf(valuesOf(echo, 'authorization')[0])).toMatchObject(forUser(name));
      expect(valuesOf(echo, 'x-user')).toEqual([name]);
      expect(JSON.stringify(echo)).not.toContain(tokens[name]);
    }
    await expect.poll(() => gateway.accessLog.lines().length).toBe(40);
    const names = gateway.accessLog
      .lines()
      .map((line) => (JSON.parse(line) as { readonly ClientUsername: string }).ClientUsername);
    expect(names.sort()).toEqual([...calls].sort());
    const written = gateway.accessLog.text() + gateway.log.text();
    for (const token of Object.values(tokens)) expect(written).not.toContain(token);
    expect(gateway.log.text()).not.toMatch(/"level":"(warn|error)"/);
  });

  it('refuses an unknown token before the exchange', async () => {
    const exchanges = () => server.requests.filter(({ path }) => path === '/token').length;
    const before = exchanges();
    const refused = await fetch(`${gateway.url}/orders/1`, { headers: bearer('guess') });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('error="invalid_token"'),
    ]);
    expect(exchanges()).toBe(before);
  });
});

describe('external authorization', () => {
  it('returns the new token to proxies that use forward-auth', async () => {
    const ask = (token: string) =>
      fetch(`${gateway.urlOf('forwardAuth')}/forward-auth/on-behalf`, { headers: bearer(token) });
    for (const caller of [ada, bob]) {
      const allowed = await ask(await server.issue(caller));
      expect(allowed.status).toBe(200);
      expect(claimsOf(allowed.headers.get('authorization'))).toMatchObject(forUser(caller.clientId));
      expect(allowed.headers.get('x-user')).toBe(caller.clientId);
    }
    expect((await ask('guess')).status).toBe(401);
  });

  it('returns the new token to Envoy', async () => {
    const client = createExtAuthzClient(gateway.urlOf('extAuthz').replace('http://', ''));
    try {
      const response = await client.check({
        attributes: {
          request: {
            http: {
              method: 'GET',
              path: '/orders/1',
              host: 'api.example',
              headers: bearer(await server.issue(ada)),
            },
          },
        },
      });
      const headers = response.ok_response?.headers ?? [];
      const found = headers.find(({ header }) => header.key.toLowerCase() === 'authorization');
      expect(claimsOf(found?.header.value)).toMatchObject(forUser('ada'));
    } finally {
      client.close();
    }
  });
});
