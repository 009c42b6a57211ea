import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../packages/testkit/src/authorization-server.ts';
import { startServer, type TestServer } from '../../packages/testkit/src/http-server.ts';
import { createExtAuthzClient } from '../conformance/ext-authz-client.testkit.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

const digest = (key: string): string => `{SHA256}${createHash('sha256').update(key).digest('base64')}`;
const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

const signingSecret = 'a secret of thirty-two characters';

let server: AuthorizationServer;
let service: TestServer;
let gateway: TestGateway;
beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [
      { clientId: 'gateway', clientSecret: 'g' },
      { clientId: 'caller', clientSecret: 'c' },
    ],
  });
  service = await startServer((request, response) => {
    response.end(JSON.stringify({ url: request.url, ...request.headers }));
  });
  gateway = await startTestGateway({
    routes: {
      'routes.yaml': `
http:
  middlewares:
    key:
      plugin:
        apiKey:
          keySource: { header: X-Key, query: key, cookie: key }
          secretNonBase64Encoded: true
          secretValues: ['ada:${digest('a')}', 'bob:${digest('b')}']
          forwardHeaders: { X-Caller: sub }
    header-key:
      plugin:
        apiKey: { keySource: { header: X-Key }, secretNonBase64Encoded: true, secretValues: ['ada:${digest('a')}'], forwardHeaders: { X-Caller: sub } }
    own-token: { plugin: { oAuthClientCredentials: { url: '${server.url}', clientID: gateway, clientSecret: g } } }
    client: { plugin: { oAuthClientCredentials: { url: '${server.url}', usernameClaim: client_id } } }
    user: { basicAuth: { users: ['eve:${digest('e')}'] } }
    limit: { rateLimit: { average: 1, period: 1h, burst: 2, sourceCriterion: { requestClientID: true } } }
    either: { plugin: { authenticators: { any: [key, client] } } }
    token: { plugin: { jwt: { signingSecret: '${signingSecret}', algorithms: [HS256], audience: orders, forwardHeaders: { X-Caller: sub } } } }
    bearer-key:
      plugin:
        apiKey: { keySource: { header: Authorization, headerAuthScheme: Bearer }, secretNonBase64Encoded: true, secretValues: ['ada:${digest('a')}'], forwardHeaders: { X-Caller: sub } }
    bearer: { plugin: { authenticators: { any: [token, bearer-key] } } }
    header-either: { plugin: { authenticators: { any: [header-key, user] } } }
  routers:
    chained: { rule: PathPrefix(\`/chained\`), middlewares: [key, own-token, limit], service: echo }
    bearer: { rule: PathPrefix(\`/bearer\`), middlewares: [bearer], service: echo }
    either: { rule: PathPrefix(\`/either\`), middlewares: [either], service: echo }
  services:
    echo: { loadBalancer: { servers: [{ url: '${service.url}' }] } }
`,
    },
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  forwardAuth: { address: "127.0.0.1:0" }
  extAuthz: { address: "127.0.0.1:0", extAuthz: { middleware: header-either } }
accessLog: { format: json }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await service.close();
  await server.close();
});

async function send(path: string, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${gateway.url}${path}`, { headers });
  const seen = (await response.json()) as Record<string, string>;
  return { status: response.status, challenge: response.headers.get('www-authenticate'), seen };
}

const usernames = (): readonly unknown[] =>
  gateway.accessLog
    .lines()
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .map(({ ClientUsername, RequestPath }) => `${String(RequestPath)} ${String(ClientUsername)}`);

describe('an API key, followed by a token of the gateway', () => {
  it('reach the server as the caller and the token; limits and the log identify the caller', async () => {
    for (const key of ['a', 'a', 'b', 'b']) {
      const { status, seen } = await send('/chained', { 'X-Key': key, 'X-Caller': 'forged' });
      expect(status).toBe(200);
      expect(server.clientOf(seen['authorization']!.replace('Bearer ', ''))).toBe('gateway');
      expect([seen['x-caller'], seen['x-key']]).toEqual([key === 'a' ? 'ada' : 'bob', undefined]);
    }
    expect((await send('/chained', { 'X-Key': 'a' })).status).toBe(429);
    expect((await send('/chained')).status).toBe(401);
    await expect
      .poll(() => usernames().slice(0, 4))
      .toEqual(['/chained ada', '/chained ada', '/chained bob', '/chained bob']);
  });
});

describe('authenticators', () => {
  it('let the first one that recognises a credential decide', async () => {
    const ada = await send('/either', { 'X-Key': 'a', Authorization: basic('nobody:wrong') });
    expect([ada.status, ada.seen['x-caller'], ada.seen['authorization']]).toEqual([200, 'ada', undefined]);
    const caller = await send('/either', { Authorization: basic('caller:c') });
    expect(caller.status).toBe(200);
    expect(server.clientOf(caller.seen['authorization']!.replace('Bearer ', ''))).toBe('caller');
  });

  it('refuse a credential that is recognised and wrong, whatever else the request carries', async () => {
    const both = await send('/either', { 'X-Key': 'wrong', Authorization: basic('caller:c') });
    expect([both.status, both.seen['code'], both.challenge]).toEqual([
      401,
      'credentials_refused',
      'ApiKey realm="grantgate", header="X-Key", query="key", cookie="key"',
    ]);
    const twice = await send('/either?key=a', { 'X-Key': 'a', Authorization: basic('caller:c') });
    expect([twice.status, twice.seen['code']]).toEqual([401, 'credentials_malformed']);
  });

  it('send one challenge per kind of credential when a request carries none', async () => {
    for (const headers of [{}, { Authorization: 'Digest x' }]) {
      const { status, challenge, seen } = await send('/either', headers);
      expect([status, seen['code']]).toEqual([401, 'credentials_missing']);
      expect(challenge).toBe(
        'ApiKey realm="grantgate", header="X-Key", query="key", cookie="key", Basic realm="grantgate", charset="UTF-8"',
      );
      expect(seen['detail']).toBe(
        'Send the API key in the header X-Key, or the query parameter key, or the cookie key. Or: ' +
          (headers.Authorization === undefined
            ? 'Send the client ID and secret as HTTP Basic credentials.'
            : 'This route requires HTTP Basic credentials: client ID and secret.'),
      );
    }
  });

  it('leave bearer tokens that are not JWTs to the next authenticator', async () => {
    const sign = (secret: string) =>
      new SignJWT({ sub: 'bob', aud: 'orders' })
        .setProtectedHeader({ alg: 'HS256' })
        .setExpirationTime('5m')
        .sign(Buffer.from(secret));
    const results = [];
    for (const token of ['a', await sign(signingSecret), await sign(`${signingSecret}!`), 'wrong']) {
      const { status, seen } = await send('/bearer', { Authorization: `Bearer ${token}` });
      results.push([status, seen['x-caller'] ?? seen['code']]);
    }
    expect(results).toEqual([
      [200, 'ada'],
      [200, 'bob'],
      [401, 'token_invalid'],
      [401, 'credentials_refused'],
    ]);
    expect((await send('/bearer')).challenge).toBe('Bearer realm="grantgate"');
  });

  it('withhold unverified credentials from the server', async () => {
    // The key in the query is used; the one in the cookie is not read.
    const query = await send('/either?x=1&key=a', { Cookie: 'a=1; key=guess', Authorization: basic('x:y') });
    expect(query.seen).toMatchObject({ url: '/either?x=1', cookie: 'a=1' });
    expect(query.seen['authorization']).toBeUndefined();
  });

  it('decide beside a proxy', async () => {
    const check = (headers: Readonly<Record<string, string>>) =>
      fetch(`${gateway.urlOf('forwardAuth')}/forward-auth/header-either`, { headers });
    const ada = await check({ 'X-Key': 'a', Authorization: basic('x:y') });
    expect([ada.status, ada.headers.get('x-caller'), ada.headers.get('authorization')]).toEqual([
      200,
      'ada',
      '',
    ]);
    const eve = await check({ Authorization: basic('eve:e') });
    expect([eve.status, eve.headers.get('x-key')]).toEqual([200, '']);
    const nobody = await check({});
    expect([nobody.status, nobody.headers.get('www-authenticate')]).toEqual([
      401,
      'ApiKey realm="grantgate", header="X-Key", Basic realm="traefik"',
    ]);
  });

  it('decide for Envoy', async () => {
    const client = createExtAuthzClient(gateway.urlOf('extAuthz').replace('http://', ''));
    onTestFinished(() => client.close());
    const check = (headers: Readonly<Record<string, string>>) =>
      client.check({
        attributes: {
          request: { http: { method: 'GET', path: '/', host: 'api.example', scheme: 'http', headers } },
        },
      });
    const ada = await check({ 'x-key': 'a', authorization: basic('x:y') });
    const set = new Map(ada.ok_response?.headers.map(({ header: { key, value } }) => [key, value]));
    expect([set.get('x-caller'), set.get('authorization'), set.get('x-key')]).toEqual(['ada', '', '']);
    const nobody = await check({});
    expect(
      nobody.denied_response?.headers.map(({ header: { key, value } }) => ({ key, value })),
    ).toContainEqual({
      key: 'www-authenticate',
      value: 'ApiKey realm="grantgate", header="X-Key", Basic realm="traefik"',
    });
  });
});
