import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRaw } from '../../packages/testkit/src/raw-connection.ts';
import { until } from '../../packages/testkit/src/until.ts';
import type {
  AuthorizationServer,
  TokenRequestRecord,
} from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { Echo, EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import { startTestGateway } from './gateway.testkit.ts';

/** The file of Traefik Hub's users, unchanged except for `url`, with an IngressRoute and the Service that it names. */
const gatewayLevel = (url: string, upstreamPort: number): string => `
apiVersion: traefik.io/v1alpha1
kind: Middleware
metadata:
  name: test-client-creds
spec:
  plugin:
    oAuthClientCredentials:
      url: ${url}
      clientID: urn:k8s:my-secret:my-secret:clientID
      clientSecret: urn:k8s:my-secret:my-secret:clientSecret
      audience: https://api.example.com
      forwardHeaders:
        Group: grp
        Expires-At: exp
      claims: Equals(\`grp\`, \`admin\`)
---
apiVersion: v1
kind: Secret
type: Opaque
metadata:
  name: my-secret
stringData:
  clientID: my-oauth-client-name
  clientSecret: mypasswd
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata:
  name: gateway-level
spec:
  entryPoints: [web]
  routes:
    - kind: Rule
      match: Host(\`api.localhost\`) && PathPrefix(\`/gateway\`)
      services:
        - name: echo
          port: ${upstreamPort}
          weight: 1
      middlewares:
        - name: test-client-creds
---
apiVersion: v1
kind: Service
metadata:
  name: echo
spec:
  type: ExternalName
  externalName: localhost
`;

const applicationLevel = (url: string, upstreamUrl: string): string => `
http:
  routers:
    app:
      rule: PathPrefix(\`/app\`)
      middlewares: [app]
      service: echo
    open-nowhere:
      rule: PathPrefix(\`/broken\`)
      middlewares: [broken]
      service: echo
  middlewares:
    app:
      plugin:
        oAuthClientCredentials:
          url: ${url}
          claims: SplitContains(\`scope\`, \` \`, \`read\`) || Equals(\`grp\`, \`admin\`)
          forwardHeaders: { Group: grp, X-Missing: nope }
          usernameClaim: grp
    broken:
      plugin:
        oAuthClientCredentials:
          url: ${url}
          clientID: urn:env:NOT_SET
          clientSecret: urn:env:NOT_SET_EITHER
  services:
    echo:
      loadBalancer:
        servers:
          - url: ${upstreamUrl}
`;

const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;

let server: AuthorizationServer;
let upstream: EchoServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [
      { clientId: 'my-oauth-client-name', clientSecret: 'mypasswd', claims: { grp: 'admin' } },
      { clientId: 'alice', clientSecret: 'alice-secret', claims: { grp: 'admin' } },
      { clientId: 'bob', clientSecret: 'bob-secret', claims: { grp: 'testers' } },
    ],
  });
  upstream = await startEchoServer();
  gateway = await startTestGateway({
    routes: {
      'hub.yaml': gatewayLevel(server.url, upstream.port),
      'app.yaml': applicationLevel(server.url, upstream.url),
    },
  });
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
  await server.close();
});

let calls = 0;

/** undici's request, which sends any header unchanged; fetch does not. */
async function call(
  path: string,
  headers: Record<string, string | string[]> = {},
): Promise<{
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}> {
  calls += 1;
  const answer = await request(`${gateway.url}${path}`, { headers });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

const echoOf = ({ text }: { readonly text: string }): Echo => JSON.parse(text) as Echo;

describe("Traefik Hub's YAML", () => {
  const host = 'api.localhost';
  const ownTokenRequests = (): readonly TokenRequestRecord[] =>
    server.tokenRequests.filter(({ clientId }) => clientId === 'my-oauth-client-name');

  it('needs no change: the gateway adds its own token, and headers from its claims', async () => {
    const response = await call('/gateway/x?y=1', { host });
    expect(response.status).toBe(200);
    const echo = echoOf(response);
    expect(echo.url).toBe('/gateway/x?y=1');
    expect(valuesOf(echo, 'host')).toEqual([host]);
    expect(valuesOf(echo, 'authorization')[0]).toMatch(/^Bearer eyJ/);
    expect(valuesOf(echo, 'group')).toEqual(['admin']);
    expect(valuesOf(echo, 'expires-at')[0]).toMatch(/^\d{10}$/);
    expect(ownTokenRequests()).toMatchObject([{ audience: 'https://api.example.com', status: 200 }]);
  });

  it('warns about the older spelling of secret references', () => {
    expect(gateway.log.text()).toContain('write urn:k8s:secret:my-secret:clientID');
  });

  it('responds with 404 to a request that no rule matches', async () => {
    const response = await call('/gateway', { host: 'other.localhost' });
    expect(response.status).toBe(404);
    expect(JSON.parse(response.text)).toMatchObject({ code: 'no_route', status: 404 });
  });

  it('requests one token, however many requests arrive', async () => {
    for (let count = 0; count < 3; count += 1) expect((await call('/gateway', { host })).status).toBe(200);
    expect(ownTokenRequests()).toHaveLength(1);
  });
});

describe('application level', () => {
  it("exchanges the caller's credentials and forwards the token with headers from claims", async () => {
    const response = await call('/app/x?y=1', { authorization: basic('alice', 'alice-secret') });
    expect(response.status).toBe(200);
    const echo = echoOf(response);
    expect(echo.url).toBe('/app/x?y=1');
    expect(valuesOf(echo, 'authorization')[0]).toMatch(/^Bearer eyJ/);
    expect(valuesOf(echo, 'group')).toEqual(['admin']);
    expect(valuesOf(echo, 'x-missing')).toEqual(['']);
  });

  it("never accepts a caller's header as a header from a claim, however it is spelled", async () => {
    const spoofed = {
      Group: 'root',
      gRoUp: 'root',
      'X-Missing': 'root',
      x_missing: 'root',
      X_MISSING: 'root',
    };
    for (const name of Object.keys(spoofed)) {
      const response = await call('/app', {
        authorization: basic('alice', 'alice-secret'),
        [name]: 'root',
        connection: name,
      });
      expect(response.status).toBe(200);
      const echo = echoOf(response);
      expect(echo.rawHeaders).not.toContain('root');
      expect(valuesOf(echo, 'group')).toEqual(['admin']);
    }
  });

  it.each([
    ['no credentials', undefined, 401, 'credentials_missing'],
    ['another scheme', 'Bearer abc', 401, 'credentials_missing'],
    ['malformed credentials', 'Basic %%%', 401, 'credentials_malformed'],
    ['a wrong secret', basic('alice', 'guess'), 401, 'credentials_refused'],
    ['an unknown client', basic('mallory', 'guess'), 401, 'credentials_refused'],
    ['claims that do not satisfy the route', basic('bob', 'bob-secret'), 403, 'claims_not_satisfied'],
  ])('refuses %s', async (_, authorization, status, code) => {
    const before = upstream.received.length;
    const response = await call('/app', authorization === undefined ? {} : { authorization });
    expect(response.status).toBe(status);
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(response.text)).toMatchObject({
      code,
      status,
      requestId: response.headers['x-request-id'],
    });
    expect(response.headers['www-authenticate']).toBe(
      status === 401 ? 'Basic realm="grantgate", charset="UTF-8"' : undefined,
    );
    expect(upstream.received.length).toBe(before);
  });

  it('requests one token for hundreds of concurrent first requests, and never serves a wrong secret', async () => {
    server.setClient({ clientId: 'crowd', clientSecret: 'crowd-secret', claims: { grp: 'admin' } });
    const before = server.received();
    const release = server.hold();
    const port = Number(new URL(gateway.url).port);
    const sent = `GET /app HTTP/1.1\r\nHost: a\r\nAuthorization: ${basic('crowd', 'crowd-secret')}\r\nConnection: close\r\n\r\n`;
    const right = await Promise.all(Array.from({ length: 300 }, () => openRaw(port, sent)));
    calls += right.length;
    const wrong = call('/app', { authorization: basic('crowd', 'crowd-guess') });
    await until(() => server.received() >= before + 2);
    // All earlier data are read before this: every request is waiting for a token by now.
    expect((await call('/app')).status).toBe(401);
    expect(right.map((connection) => connection.text())).toEqual(Array(300).fill(''));
    release();
    const answers = await Promise.all(right.map((connection) => connection.closed()));
    expect(answers.filter((answer) => !answer.startsWith('HTTP/1.1 200 '))).toEqual([]);
    expect((await wrong).status).toBe(401);
    const asked = server.tokenRequests.filter(({ clientId }) => clientId === 'crowd');
    expect(asked.filter(({ status }) => status === 200)).toHaveLength(1);
  });
});

describe('a broken middleware', () => {
  it('refuses only its own requests, and names its reference in the log, not in the response', async () => {
    const response = await call('/broken', { authorization: basic('alice', 'alice-secret') });
    expect(response.status).toBe(503);
    expect(JSON.parse(response.text)).toMatchObject({ code: 'middleware_unavailable' });
    expect(response.text).not.toContain('NOT_SET');
    expect(gateway.log.text()).toContain('urn:env:NOT_SET: the environment variable NOT_SET is not set');
  });
});

describe('the access log', () => {
  it("has Traefik's fields, and the user name from the claim", async () => {
    await expect.poll(() => gateway.accessLog.lines()).toHaveLength(calls);
    const before = calls;
    await call('/app/log?access_token=hidden&page=2', { authorization: basic('alice', 'alice-secret') });
    // The line is written after the response was sent, so the caller may receive the response first.
    await expect.poll(() => gateway.accessLog.lines()).toHaveLength(before + 1);
    expect(JSON.parse(gateway.accessLog.lines()[before]!)).toMatchObject({
      ClientHost: '127.0.0.1',
      ClientUsername: 'admin',
      DownstreamStatus: 200,
      OriginStatus: 200,
      RequestMethod: 'GET',
      RequestPath: '/app/log?access_token=REDACTED&page=2',
      RequestProtocol: 'HTTP/1.1',
      RouterName: 'app@file',
      ServiceName: 'echo@file',
      ServiceURL: upstream.url,
      entryPointName: 'web',
    });
  });
});

describe('all logs of this run', () => {
  it('contain no secret and no token of this run', async () => {
    for (const secret of ['alice-secret', 'guess'])
      await call('/app?access_token=hidden', { authorization: basic('alice', secret) });
    await call('/app', { authorization: basic('bob', 'bob-secret') });
    await call('/gateway', { host: 'api.localhost' });
    await expect.poll(() => gateway.accessLog.lines()).toHaveLength(calls);
    const tokens = upstream.received.flatMap((echo) => valuesOf(echo, 'authorization'));
    const secrets = [
      'mypasswd',
      'alice-secret',
      'bob-secret',
      'crowd-secret',
      'guess',
      'crowd-guess',
      'hidden',
    ];
    const encoded = secrets.flatMap((secret) => [secret, Buffer.from(`alice:${secret}`).toString('base64')]);
    expect(tokens.length).toBeGreaterThanOrEqual(2);
    const all = gateway.log.text() + gateway.accessLog.text();
    expect(all.length).toBeGreaterThan(1000);
    for (const value of [...encoded, ...tokens.map((token) => token.replace(/^Bearer /, ''))])
      expect(all.includes(value)).toBe(false);
    for (const token of tokens) expect(all.includes(token.split('.').at(-1)!)).toBe(false);
  });
});
