import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startServer, type TestServer } from '../../packages/testkit/src/http-server.ts';
import { createExtAuthzClient } from '../conformance/ext-authz-client.testkit.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';

const document = {
  resource: 'https://api.example/mcp',
  authorization_servers: ['https://as.example'],
  scopes_supported: ['tools:read', 'tools:call'],
  bearer_methods_supported: ['header'],
  resource_name: 'Tools',
};
const url = 'https://api.example/.well-known/oauth-protected-resource/mcp';

let service: TestServer;
let gateway: TestGateway;
beforeAll(async () => {
  service = await startServer((request, response) => response.end(request.url));
  gateway = await startTestGateway({
    routes: {
      'routes.yaml': `
http:
  middlewares:
    tools:
      plugin:
        protectedResource:
          resource: https://api.example/mcp
          authorizationServers: [https://as.example]
          scopesSupported: [tools:read, tools:call]
          resourceName: Tools
    whole: { plugin: { protectedResource: { resource: 'https://api.example', authorizationServers: ['https://as.example'] } } }
    office: { ipAllowList: { sourceRange: [192.0.2.0/24] } }
    inner: { plugin: { protectedResource: { resource: 'https://api.example/office', authorizationServers: ['https://as.example'] } } }
    token: { plugin: { jwt: { signingSecret: a secret of thirty-two characters, algorithms: [HS256], audience: api } } }
    login: { basicAuth: { users: ['test:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/'] } }
    any: { plugin: { authenticators: { any: [token, login] } } }
    strip: { stripPrefix: { prefixes: [/mcp] } }
    chained: { chain: { middlewares: [tools, any] } }
  routers:
    tools: { rule: Method(\`POST\`) && PathPrefix(\`/mcp\`), middlewares: [chained, strip], service: echo }
    office: { rule: PathPrefix(\`/office\`), middlewares: [office, inner, token], service: echo }
    other: { rule: PathPrefix(\`/other\`), middlewares: [token], service: echo }
    late: { rule: PathPrefix(\`/late\`), middlewares: [token, whole], service: echo }
    all: { rule: PathPrefix(\`/\`), middlewares: [whole, token], service: echo }
  services:
    echo: { loadBalancer: { servers: [{ url: '${service.url}' }] } }
`,
    },
    install: `
entryPoints:
  web: { address: "127.0.0.1:0" }
  forwardAuth: { address: "127.0.0.1:0" }
  extAuthz: { address: "127.0.0.1:0", extAuthz: { middleware: chained } }
accessLog: { format: json }
`,
  });
});
afterAll(async () => {
  await gateway.close();
  await service.close();
});

const get = (path: string, init?: RequestInit) => fetch(`${gateway.url}${path}`, init);

describe('protectedResource', () => {
  it('responds with its metadata at the well-known path of its resource, without credentials, to every origin', async () => {
    const response = await get('/.well-known/oauth-protected-resource/mcp', {
      headers: { Origin: 'https://inspector.example' },
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toEqual(document);
    const head = await get('/.well-known/oauth-protected-resource/mcp', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const preflight = await get('/.well-known/oauth-protected-resource/mcp', {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://inspector.example',
        'Access-Control-Request-Headers': 'mcp-protocol-version',
      },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, '*']);
    expect((await get('/.well-known/oauth-protected-resource/mcp', { method: 'DELETE' })).status).toBe(405);
  });

  it('responds for a resource without a path at the root', async () => {
    const response = await get('/.well-known/oauth-protected-resource');
    expect(await response.json()).toMatchObject({ resource: 'https://api.example' });
  });

  it.each(['/mcp/sub', '/other', '/late', '/mcp/', 'x', '/%2e%2e/mcp2'])(
    'does not open the well-known path followed by %s',
    async (suffix) => {
      const response = await get(`/.well-known/oauth-protected-resource${suffix}`);
      expect(response.status).toBe(401);
    },
  );

  it('names its metadata in the challenges of the middlewares behind it', async () => {
    const missing = await get('/mcp', { method: 'POST' });
    expect([missing.status, missing.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="grantgate", resource_metadata="${url}", Basic realm="traefik"`,
    ]);
    const invalid = await get('/mcp', { method: 'POST', headers: { Authorization: 'Bearer a.b.c' } });
    expect(invalid.headers.get('www-authenticate')).toMatch(
      new RegExp(`^Bearer realm="grantgate", error="invalid_token".*, resource_metadata="${url}"$`),
    );
    expect((await get('/other')).headers.get('www-authenticate')).toBe('Bearer realm="grantgate"');
    const login = { Authorization: `Basic ${btoa('test:test')}` };
    const passed = await get('/mcp/a', { method: 'POST', headers: login });
    expect([passed.status, await passed.text()]).toEqual([200, '/a']);
  });

  it('lets the middlewares before it decide who may read its metadata', async () => {
    expect((await get('/.well-known/oauth-protected-resource/office')).status).toBe(403);
  });

  it('is logged with its route, and a protectedResource late in a chain is reported', async () => {
    await get('/.well-known/oauth-protected-resource/mcp');
    await expect
      .poll(() => gateway.accessLog.text())
      .toMatch(/"RequestPath":"\/\.well-known\/oauth-protected-resource\/mcp".*"RouterName":"tools@file"/);
    expect(gateway.log.text()).toContain(
      'whole@file has no effect on requests that token@file refuses: put it before',
    );
  });

  it('names its metadata beside a proxy, and serves it to the proxy', async () => {
    const refused = await fetch(`${gateway.urlOf('forwardAuth')}/forward-auth/chained`);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer realm="grantgate", resource_metadata="${url}", Basic realm="traefik"`,
    ]);
    const metadata = await fetch(`${gateway.urlOf('forwardAuth')}/.well-known/oauth-protected-resource/mcp`);
    expect(await metadata.json()).toEqual(document);
    // A check of that path must be refused: status 200 would let the request pass to the service.
    const checked = await fetch(
      `${gateway.urlOf('forwardAuth')}/forward-auth/chained/.well-known/oauth-protected-resource/mcp`,
    );
    expect(checked.status).toBe(401);
    const client = createExtAuthzClient(gateway.urlOf('extAuthz').replace('http://', ''));
    onTestFinished(() => client.close());
    const http = { method: 'POST', path: '/mcp', host: 'api.example', scheme: 'http', headers: {} };
    const denied = await client.check({ attributes: { request: { http } } });
    const headers = new Map(
      denied.denied_response?.headers.map(({ header: { key, value } }) => [key, value]),
    );
    expect(headers.get('www-authenticate')).toContain(`resource_metadata="${url}"`);
  });
});
