import { generateKeyPair, exportJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizationServerView } from '../../packages/gateway/src/admin/api/shapes.ts';
import { parseExposition } from '../../packages/gateway/src/observe/metrics/exposition.testkit.ts';
import { startEchoServer, type EchoServer } from '../../packages/testkit/src/echo-server.ts';
import {
  json,
  startScriptedServer,
  type ScriptedServer,
} from '../../packages/testkit/src/scripted-server.ts';
import { startTokenServer, type TokenServer } from '../../packages/testkit/src/token-server.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

const own = { clientId: 'gateway', clientSecret: 'gateway-secret' };
const ada = { clientId: 'ada', clientSecret: 'ada-secret' };
const client = { clientID: own.clientId, clientSecret: own.clientSecret };
const keyPair = await generateKeyPair('ES256');
let server: TokenServer;
let broken: ScriptedServer;
let keys: ScriptedServer;
let service: EchoServer;
let gateway: TestGateway;
beforeAll(async () => {
  server = await startTokenServer([own, ada]);
  broken = await startScriptedServer((response) => json(response, 503, {}));
  const jwk = { ...(await exportJWK(keyPair.publicKey)), alg: 'ES256', kid: 'one' };
  keys = await startScriptedServer((response) => json(response, 200, { keys: [jwk] }));
  service = await startEchoServer();
  const introspection = (more: object) => ({
    plugin: { oAuthIntrospection: { ...client, clientConfig: { url: server.introspectionUrl, ...more } } },
  });
  const middlewares = {
    first: introspection({}),
    second: introspection({ tokenTypeHint: 'access_token' }),
    broken: introspection({ url: `${broken.url}/introspect?key=hush`, maxRetries: 0 }),
    exchange: {
      plugin: { oAuthTokenExchange: { ...client, url: server.url, rfc8693: { audience: 'urn:orders' } } },
    },
    own: {
      plugin: {
        oAuthClientCredentials: {
          ...client,
          url: server.url,
          introspection: { url: server.introspectionUrl, audience: [] },
        },
      },
    },
    signed: { plugin: { jwt: { jwksUrl: keys.url, issuers: ['https://as.example'], audience: [] } } },
  };
  const routers = Object.fromEntries(
    Object.keys(middlewares).map((name) => [
      name,
      { rule: `PathPrefix(\`/${name}\`)`, middlewares: [name], service: 'echo' },
    ]),
  );
  const services = { echo: { loadBalancer: { servers: [{ url: service.url }] } } };
  gateway = await startTestGateway({
    routes: { 'routes.yaml': JSON.stringify({ http: { routers, middlewares, services } }) },
    install: `
entryPoints: { web: { address: "127.0.0.1:0" }, admin: { address: "127.0.0.1:0" } }
api: {}
metrics: { prometheus: {} }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await Promise.all([service.close(), server.close(), broken.close(), keys.close()]);
});

const call = async (name: string, token: string): Promise<number> =>
  (await fetch(`${gateway.url}/${name}`, { headers: { authorization: `Bearer ${token}` } })).status;
const readServers = async (): Promise<readonly AuthorizationServerView[]> => {
  const response = await fetch(`${gateway.urlOf('admin')}/api/authorization-servers`);
  return (await response.json()) as AuthorizationServerView[];
};
const readMetrics = async () =>
  parseExposition(await (await fetch(`${gateway.urlOf('admin')}/metrics`)).text());

describe('introspection and JWKS endpoints for the tokens of callers', () => {
  it('appear beside token endpoints and key sets, with their requests, failures and latency', async () => {
    const token = await server.issue(ada);
    expect(await call('first', token)).toBe(200);
    expect(await call('second', token)).toBe(200);
    expect(await call('second', 'guess')).toBe(401);
    expect(await call('own', '')).toBe(200);
    expect(await call('exchange', token)).toBe(200);
    expect(await call('broken', token)).toBe(503);
    const signed = await new SignJWT({ sub: 'ada' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
      .setIssuer('https://as.example')
      .setExpirationTime('5m')
      .sign(keyPair.privateKey);
    expect(await call('signed', signed)).toBe(200);

    const all = await readServers();
    const find = (use: string, url: string) =>
      all.filter(({ use: its, endpoint }) => its === use && endpoint.replace(/\?.*/, '') === url);
    expect(find('introspection', server.introspectionUrl)).toEqual([
      expect.objectContaining({
        middlewares: ['first@file', 'own@file', 'second@file'],
        status: 'healthy',
        breaker: 'closed',
        // An inactive token is no failure of the endpoint.
        ...{ requests: 4, failures: 0, inFlight: 0, waiting: 0 },
        latencyMs: expect.objectContaining({ samples: 4 }) as unknown,
      }),
    ]);
    expect(find('introspection', `${broken.url}/introspect`)).toEqual([
      expect.objectContaining({
        middlewares: ['broken@file'],
        status: 'failing',
        ...{ requests: 1, failures: 1 },
        lastFailure: expect.objectContaining({ reason: 'unavailable', clientID: 'gateway' }) as unknown,
      }),
    ]);
    expect(find('token', server.url)).toEqual([
      expect.objectContaining({ middlewares: ['exchange@file', 'own@file'], requests: 2 }),
    ]);
    expect(find('keys', keys.url)).toEqual([expect.objectContaining({ status: 'healthy', requests: 1 })]);
    expect(JSON.stringify(all)).not.toContain(token);
    expect(JSON.stringify(all)).not.toContain('hush');
  });

  it('have metrics of their own', async () => {
    const seen = await readMetrics();
    const introspection = { endpoint: server.introspectionUrl, use: 'introspection' };
    for (const name of ['circuit_open', 'requests_in_flight', 'requests_waiting'])
      expect(seen.sum(`grantgate_token_endpoint_${name}`, introspection)).toBe(0);
    expect(seen.sum('grantgate_token_endpoint_circuit_open', { endpoint: server.url, use: 'token' })).toBe(0);
    const requests = (middleware: string, outcome: string) =>
      seen.sum('grantgate_token_requests_total', { middleware, outcome });
    expect(requests('second@file', 'success')).toBe(2);
    expect(requests('broken@file', 'unavailable')).toBe(1);
    expect(seen.sum('grantgate_token_request_duration_seconds_count', { middleware: 'first@file' })).toBe(1);
    const refreshed = seen.sum('grantgate_key_set_refreshed_timestamp_seconds');
    expect(refreshed).toBeLessThanOrEqual(Date.now() / 1000);
    expect(refreshed).toBeGreaterThan(Date.now() / 1000 - 600);
  });
});
